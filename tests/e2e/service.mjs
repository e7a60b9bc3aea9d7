// asps-cds as a process: started with settings of the test on a free port, its log read line by line.
import {spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import {root} from './patients.mjs';

const program = path.resolve(root, process.env.ASPS_CDS ?? 'build/dev/asps-cds');

// The clinical date of every test: that of tests/clinical.
const today = '2026-01-15';

/**
 * Starts the service. `hard`: words of a shell before it (`ulimit -n 64`), and variables of its environment.
 * Gives { url, discovery, process, log (its lines as objects), text(), seen(question), feedback(card), close() }.
 */
export async function startService(settings, hard = {}) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'asps-cds-e2e-'));
    const settingsFile = path.join(folder, 'server.json');
    // A busy machine must not decide what is fetched in time.
    const deadlinesMs = {request: 30000, fhir: 25000};
    fs.writeFileSync(settingsFile, JSON.stringify({listen: '127.0.0.1:0', threads: 2, deadlinesMs, ...settings}));
    const words = ['serve', '--config', settingsFile, '--today', today];
    const child = spawn('sh', ['-c', `${hard.shell ?? ':'}; exec "$0" "$@"`, program, ...words],
        {cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, ...hard.environment}});
    const ended = new Promise(resolve => child.once('exit', (code, signal) => resolve(code ?? signal)));
    const log = [], lines = [], watchers = new Set();
    const started = new Promise((resolve, reject) => {
        readline.createInterface({input: child.stderr}).on('line', line => {
            lines.push(line);
            if (!line.startsWith('{')) return;
            log.push(JSON.parse(line));
            if (log.at(-1).event === 'started') resolve(log.at(-1).url);
            watchers.forEach(watch => watch());
        });
        ended.then(status => reject(new Error(`asps-cds ended with ${status}: ${lines.join('\n')}`)));
    });
    const url = await started;
    return {
        url, process: child, log, discovery: `${url}/cds-services`, text: () => lines.join('\n'),
        /** Waits until the log has a request line for which `question` holds: it is written after the answer was sent. */
        seen: question => new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`not logged: ${question}\n${lines.join('\n')}`)), 10000);
            const watch = () => {
                const found = log.find(line => line.event === 'request' && question(line));
                if (!found) return;
                clearTimeout(late);
                watchers.delete(watch);
                resolve(found);
            };
            watchers.add(watch);
            watch();
        }),
        /** What the operator's command exports of the feedback on a card, the oldest first. */
        feedback: card => {
            const words = ['feedback', 'export', '--format', 'ndjson', '--config', settingsFile];
            const {status, stdout, stderr} = spawnSync(program, words, {cwd: folder, encoding: 'utf8'});
            if (status !== 0) throw new Error(`asps-cds ${words.join(' ')} ended with ${status}: ${stderr}`);
            return stdout.split('\n').filter(Boolean).map(row => JSON.parse(row)).filter(row => row.card === card);
        },
        /** SIGTERM, the graceful stop; anything but a good end is an error. */
        close: async () => {
            child.kill('SIGTERM');
            const status = await ended;
            fs.rmSync(folder, {recursive: true, force: true});
            if (status !== 0) throw new Error(`asps-cds stopped with ${status}: ${lines.slice(-5).join('\n')}`);
        },
    };
}
