// What happens to a process in a bad hour: few descriptors, little memory, stopped and continued, a clock that jumps, signals,
// an odd locale, keys that cannot be had. Killed while writing, a full disk and a closed log: tests/hooks.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {root} from './patients.mjs';
import {startService} from './service.mjs';
import {tokenClient} from './tokens.mjs';

const chart = fs.readFileSync(path.join(root, 'config/demo/patient-view.json'), 'utf8');
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const anonymous = text => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid');

/** A call on a connection of its own: { status, text, ms }. */
async function call(service, {token, body = chart} = {}) {
    const from = performance.now();
    const headers = {'Content-Type': 'application/json', Connection: 'close', ...token && {Authorization: `Bearer ${token}`}};
    const response = await fetch(`${service.discovery}/asps-patient-view`, {method: 'POST', headers, body});
    return {status: response.status, text: await response.text(), ms: performance.now() - from};
}

async function isWell(service) {
    const answer = await call(service);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(JSON.parse(answer.text).cards.length > 0);
    return answer;
}

/** Calls from so many senders, one after the other each, until stop(), which gives their statuses (0: no answer). */
function load(service, senders) {
    const statuses = [];
    let stopped = false;
    const runs = Array.from({length: senders}, async () => {
        while (!stopped) statuses.push(await call(service).then(({status}) => status, () => 0));
    });
    return {statuses, stop: async () => {
        stopped = true;
        await Promise.all(runs);
        return statuses;
    }};
}

/** Seconds of a processor that the process has used. */
function processorTime({process: {pid}}) {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Runs `work` beside a service and stops that, gracefully, whatever comes of it. */
async function beside(settings, hard, work) {
    const service = await startService(settings, hard);
    try {
        await work(service);
    } finally {
        await service.close();
    }
}

// R5, reliability 11
test('With 64 descriptors and 150 connections it waits for one without spinning, and goes on when they are there', async () => {
    await beside({}, {shell: 'ulimit -n 64'}, async service => {
        const sockets = Array.from({length: 150}, () => net.connect(new URL(service.url).port, '127.0.0.1').on('error', () => {}));
        await Promise.all(sockets.map(socket => once(socket, 'connect')));
        await pause(500);

        const before = processorTime(service);
        await pause(3000);
        const used = processorTime(service) - before;
        for (const socket of sockets) socket.destroy();

        assert.ok(used < 0.5, `${used} s of a processor in 3 s`);
        await isWell(service);
    });
});

// R5
test('With too little memory for what is sent it turns some away and lives', async () => {
    await beside({}, {shell: 'ulimit -v 300000'}, async service => {
        const large = `{"hook":"patient-view","filler":[${'0,'.repeat(1_900_000)}0]}`;

        const statuses = await Promise.all(Array.from({length: 40}, () =>
            call(service, {body: large}).then(({status}) => status, () => 0)));

        assert.ok(statuses.some(status => status === 0 || status >= 500), `the limit was never met: ${statuses}`);
        assert.equal(service.process.exitCode, null);
        await isWell(service);
    });
});

// R4
test('Stopped for three seconds under load it then answers everything, calls that have become too old with 503, and recovers', async () => {
    await beside({}, {}, async service => {
        const running = load(service, 4);
        while (running.statuses.length < 20) await pause(10);
        service.process.kill('SIGSTOP');
        await pause(3000);
        service.process.kill('SIGCONT');
        const before = running.statuses.length;
        const until = performance.now() + 10_000;
        const lastTen = () => running.statuses.slice(before).slice(-10);
        while (performance.now() < until && (lastTen().length < 10 || lastTen().some(status => status !== 200))) await pause(10);
        const last = lastTen();

        const statuses = await running.stop();
        // Calls that were waiting have become too old to be computed, and are told to come again.
        assert.ok(statuses.every(status => status === 200 || status === 503), statuses.join());
        assert.deepEqual([last.length, ...new Set(last)], [10, 200]);
        await isWell(service);
    });
});

// R7
test('Two hundred SIGHUP while it serves cost no answer', async () => {
    await beside({}, {}, async service => {
        const running = load(service, 4);
        for (let n = 0; n < 200; ++n) {
            service.process.kill('SIGHUP');
            await pause(5);
        }
        const before = running.statuses.length;
        while (service.process.exitCode === null && service.process.signalCode === null
            && running.statuses.length < before + 8) await pause(10);

        const statuses = await running.stop();
        assert.deepEqual([...new Set(statuses)], [200]);
        await isWell(service);
    });
});

test('In Turkish and in Kathmandu the cards are the same', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'asps-cds-locale-'));
    // Where it cannot be made the variables alone must do no harm either.
    spawnSync('localedef', ['-i', 'tr_TR', '-f', 'UTF-8', path.join(folder, 'tr_TR.UTF-8')]);
    const texts = [];
    for (const environment of [{LC_ALL: 'C', TZ: 'UTC'}, {LC_ALL: 'tr_TR.UTF-8', LOCPATH: folder, TZ: 'Asia/Kathmandu'}])
        await beside({}, {environment}, async service => texts.push(anonymous((await isWell(service)).text)));
    fs.rmSync(folder, {recursive: true});

    assert.equal(texts[1], texts[0]);
});

// R10
test('Key servers that hang, drip, flood or tell nonsense turn away their own clients only', async () => {
    const faults = {
        hang: () => {},
        drip: response => {
            response.write('{');
            const drip = setInterval(() => response.write(' '), 200);
            response.on('close', () => clearInterval(drip));
        },
        huge: response => {
            const more = () => { while (!response.destroyed && response.write(' '.repeat(65536))); };
            response.on('drain', more);
            more();
        },
        garbage: response => response.end('<html>Not today</html>'),
    };
    const server = http.createServer(({url}, response) => {
        const fault = faults[url.slice(1)];
        return fault ? fault(response) : response.end(JSON.stringify(good.jwks));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${server.address().port}`;
    const names = ['good', ...Object.keys(faults)];
    const client = name => ({issuer: `https://${name}.example.org`, jku: `${address}/${name}`, audiences: ['https://cds.example.org']});
    const audience = 'https://cds.example.org';
    const good = tokenClient(client('good').issuer);
    try {
        await beside({auth: {required: 'always'}, clients: names.map(client), fhir: {plainHttp: true}}, {}, async service => {
            assert.equal((await call(service, {token: good.token({audience})})).status, 200);

            const others = Object.keys(faults).map(name =>
                call(service, {token: tokenClient(client(name).issuer).token({audience})}));
            faults.good = faults.hang;  // its keys are known; it is asked again for one that is not
            others.push(call(service, {token: good.token({audience, kid: 'key-2'})}));
            const known = [];
            for (let n = 0; n < 10; ++n) known.push(await call(service, {token: good.token({audience})}));

            assert.deepEqual([...new Set(known.map(({status}) => status))], [200]);
            assert.ok(Math.max(...known.map(({ms}) => ms)) < 1500, `${known.map(({ms}) => Math.round(ms))} ms`);
            for (const {status, ms} of await Promise.all(others)) {
                assert.equal(status, 401);
                assert.ok(ms < 6000, `${ms} ms`);
            }
            const memory = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${service.process.pid}/status`, 'utf8'))[1]);
            assert.ok(memory < 150_000, `${memory} kB`);
        });
    } finally {
        server.closeAllConnections();
        server.close();
    }
});

const libfaketime = ['x86_64', 'aarch64'].map(machine => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
    .find(file => fs.existsSync(file));

// W-10, W-14, R10
test('A clock that jumps an hour moves what tokens are good, and ends no connection', {
    skip: libfaketime ? false : 'the package libfaketime is not installed',
}, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'asps-cds-clock-'));
    const clock = path.join(folder, 'clock'), keysFile = path.join(folder, 'keys.json');
    const issuer = 'https://ehr.example.org', audience = 'https://cds.example.org', hour = 3_600_000;
    const client = tokenClient(issuer);
    const jump = hours => fs.writeFileSync(clock, `${hours < 0 ? '-' : '+'}${Math.abs(hours)}h\n`);
    fs.writeFileSync(keysFile, JSON.stringify(client.jwks));
    jump(0);
    const environment = {  // a real clock's jump is not seen by the monotonic clock
        LD_PRELOAD: libfaketime, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    await beside({auth: {required: 'always'}, clients: [{issuer, keysFile, audiences: [audience]}]}, {environment}, async service => {
        const status = async at => (await call(service, {token: client.token({audience, at})})).status;
        const quiet = net.connect(new URL(service.url).port, '127.0.0.1');
        let ended = false;
        quiet.on('close', () => { ended = true; });
        await once(quiet, 'connect');
        assert.equal(await status(Date.now()), 200);
        for (const hours of [1, -1, 0]) {
            jump(hours);
            const seen = [];
            for (const other of [-1, 0, 1]) seen.push(await status(Date.now() + other * hour));

            assert.deepEqual(seen, [-1, 0, 1].map(other => other === hours ? 200 : 401), `the clock at ${hours} h`);
        }
        assert.equal(ended, false);
        quiet.write('GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        const [answer] = await once(quiet, 'data');
        assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
        quiet.destroy();
    });
    fs.rmSync(folder, {recursive: true});
});
