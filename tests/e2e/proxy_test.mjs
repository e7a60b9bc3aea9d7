// Two instances behind HAProxy, set as deploy/haproxy.cfg says: restarted one after the other under load, no call fails (R7).
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {root} from './patients.mjs';
import {startService} from './service.mjs';

const names = ['cds1.hospital.example', 'cds2.hospital.example', 'cds.hospital.example'];
// Larger than HAProxy's buffers: it cannot send such a call a second time, so nothing but the service keeps it whole.
const chart = fs.readFileSync(path.join(root, 'config/demo/patient-view.json'), 'utf8') + ' '.repeat(100_000);
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** A certificate for all three names, its own authority: { certificate, key, both } as files of the folder. */
function makeCertificate(folder) {
    const [certificate, key, both] = ['cert.pem', 'key.pem', 'both.pem'].map(name => path.join(folder, name));
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
        '-subj', '/CN=cds', '-addext', `subjectAltName=${names.map(name => `DNS:${name}`)}`, '-keyout', key, '-out', certificate];
    const {status, stderr} = spawnSync('openssl', words, {encoding: 'utf8'});
    assert.equal(status, 0, stderr);
    fs.chmodSync(key, 0o600);
    fs.writeFileSync(both, fs.readFileSync(certificate, 'utf8') + fs.readFileSync(key, 'utf8'), {mode: 0o600});
    return {certificate, key, both};
}

/** A port of this loopback address that is free; nobody else uses that address. */
async function freePort(address) {
    const holder = net.createServer();
    await once(holder.listen(0, address), 'listening');
    const {port} = holder.address();
    holder.close();
    await once(holder, 'close');
    return port;
}

/** deploy/haproxy.cfg with addresses of this machine, and HAProxy running with it: { url, close(), text() }. */
async function startProxy(folder, files, instances) {
    const port = await freePort('127.0.0.4');
    const changes = [[':443', `127.0.0.4:${port}`], ['/etc/haproxy/cds.pem', files.both], ['/etc/haproxy/cds-ca.pem', files.certificate],
        ['10.1.2.11:8443', new URL(instances[0].url).host], ['10.1.2.12:8443', new URL(instances[1].url).host]];
    let text = fs.readFileSync(path.join(root, 'deploy/haproxy.cfg'), 'utf8');
    for (const [from, to] of changes) {
        assert.ok(text.includes(from), `deploy/haproxy.cfg has no ${from}`);
        text = text.replace(from, to);
    }
    const file = path.join(folder, 'haproxy.cfg');
    fs.writeFileSync(file, text);
    const child = spawn('haproxy', ['-f', file], {stdio: ['ignore', 'pipe', 'pipe']});
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => { log += bytes; });
    const ended = new Promise(resolve => child.once('close', resolve));
    return {url: `https://127.0.0.4:${port}`, text: () => log, close: async () => {
        child.kill('SIGTERM');
        await ended;
    }};
}

/** One request: its status and fields; status 0 with the reason if there was no answer. */
function ask(url, {ca, agent, body} = {}) {
    const headers = body ? {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body)} : {};
    return new Promise(resolve => {
        const options = {method: body ? 'POST' : 'GET', ca, agent: agent ?? false, servername: names[2], headers, timeout: 20_000};
        const request = https.request(url, options, response => {
            response.on('error', ({message}) => resolve({status: 0, reason: message}));
            response.on('end', () => resolve({status: response.statusCode, headers: response.headers})).resume();
        });
        request.on('timeout', () => request.destroy(new Error('no answer in 20 s')));
        request.on('error', ({message}) => resolve({status: 0, reason: message}));
        request.end(body);
    });
}

/** Calls from four senders, two of which keep their connections, until stop(), which gives the answers. */
function load(url, ca) {
    const answers = [], agent = new https.Agent({keepAlive: true});
    let stopped = false;
    const runs = [agent, agent, false, false].map(async own => {
        while (!stopped) {
            answers.push(await ask(`${url}/cds-services/asps-patient-view`, {ca, agent: own, body: chart}));
            await pause(10);
        }
    });
    return {stop: async () => {
        stopped = true;
        await Promise.all(runs);
        agent.destroy();
        return answers;
    }};
}

const isCall = ({method, status}) => method === 'POST' && status === 200;
const hasHaproxy = !spawnSync('haproxy', ['-v']).error && !spawnSync('openssl', ['version']).error;

// R7
test('Two instances behind HAProxy are restarted one after the other, and no call fails', {
    skip: hasHaproxy ? false : 'the package haproxy or openssl is not installed',
}, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'asps-cds-proxy-'));
    const files = makeCertificate(folder), ca = fs.readFileSync(files.certificate);
    // Loopback addresses of their own: a port that is free during the restart stays so.
    const start = listen => startService({
        listen: '', tls: {listen, certificateFile: files.certificate, keyFile: files.key},
        deadlinesMs: {request: 30_000, fhir: 25_000, drainDelay: 3000},
    });
    const instances = [await start('127.0.0.2:0'), await start('127.0.0.3:0')];
    const proxy = await startProxy(folder, files, instances);
    let running;
    try {
        for (let tries = 0; (await ask(`${proxy.url}/health/ready`, {ca})).status !== 200; ++tries) {
            assert.ok(tries < 200, proxy.text());
            await pause(50);
        }
        running = load(proxy.url, ca);
        for (const number of [0, 1]) {
            await instances[number].seen(isCall);
            const {url} = instances[number], from = performance.now();

            const closed = instances[number].close();  // an exit other than 0 is an error
            while ((await ask(`${url}/health/live`, {ca})).headers?.connection !== 'close') {
                assert.ok(performance.now() - from < 2000, 'it does not stop');
            }
            const ready = await ask(`${url}/health/ready`, {ca});
            await closed;
            const took = performance.now() - from;
            instances[number] = await start(new URL(url).host);

            assert.equal(ready.status, 503, `after ${ready.reason}`);
            assert.ok(took < 10_000, `${took} ms`);
            await instances[number].seen(isCall);
        }
    } finally {
        const answers = await running?.stop() ?? [];
        await proxy.close();
        for (const instance of instances) await instance.close();
        fs.rmSync(folder, {recursive: true});
        const failed = answers.filter(({status}) => status !== 200);
        assert.deepEqual(failed, [], `${failed.length} of ${answers.length}; HAProxy: ${proxy.text().slice(-3000)}`);
        assert.ok(answers.length > 50, `${answers.length} calls`);
        console.log(`${answers.length} calls, none failed`);
    }
});
