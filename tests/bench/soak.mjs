// Soak: 200 requests a second of every kind for some minutes, one in twenty of them bad; what was answered, how soon, and
// whether memory or descriptors grow. Calls must not take far longer than those of an idle service (reliability R1). usage: ASPS_CDS=PROGRAM node soak.mjs [SECONDS]; ends with 1 if a limit is broken.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import {root} from '../e2e/patients.mjs';
import {startService} from '../e2e/service.mjs';

const seconds = Number(process.argv[2] ?? 600), perSecond = 200;
const most = {errors: 0, growthMB: 5, idleMB: 30, descriptors: 0};  // reliability R5
const mostMs = {p99: 25, p999: 500, timesIdle: 15};  // R1; a slow machine may take longer, in proportion to its idle calls
const read = file => fs.readFileSync(path.join(root, file), 'utf8');

const sign = JSON.parse(read('config/demo/order-sign.json'));
const drafts = sign.context.draftOrders.entry.map(({resource}) => `${resource.resourceType}/${resource.id}`);
const select = {...sign, hook: 'order-select', context: {...sign.context, selections: drafts}};
const call = (hook, body) => ({method: 'POST', path: `/cds-services/asps-${hook}`, body, status: 200});
const asps = call('patient-view', read('tests/bench/data/asps.json'));
const other = call('patient-view', read('tests/bench/data/other.json'));
const feedback = () => ({
    ...call('patient-view/feedback', JSON.stringify({feedback: [{
        card, outcome: 'accepted', acceptedSuggestions: [{id: 'soak'}], outcomeTimestamp: new Date().toISOString(),
    }]})),
});
const kinds = {
    'patient-view, ASPS': [5, () => asps],
    'patient-view, other': [5, () => other],
    'order-select': [2, () => call('order-select', JSON.stringify(select))],
    'order-sign': [2, () => call('order-sign', JSON.stringify(sign))],
    'feedback': [2, feedback],
    'discovery': [1, () => ({method: 'GET', path: '/cds-services', status: 200})],
    'health': [2, () => ({method: 'GET', path: '/health/ready', status: 200})],
    'bad': [1, n => [
        {...asps, body: asps.body.slice(0, -9), status: 400},
        {...asps, path: '/cds-services/nobody', status: 404},
        {method: 'GET', path: '/cds-services', headers: {'X-Long': 'x'.repeat(20_000)}, status: 431},
    ][n % 3]],
};
// One round of twenty, the kinds spread over it.
const round = Object.entries(kinds).flatMap(([kind, [times]]) => Array.from({length: times}, (_, n) => [(n + 0.5) / times, kind]))
    .sort(([a], [b]) => a - b).map(([, kind]) => kind);

const service = await startService({deadlinesMs: {}}, {});
const {pid} = service.process, {hostname, port} = new URL(service.url);
const agent = new http.Agent({keepAlive: true, maxSockets: 64});
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const descriptors = () => fs.readdirSync(`/proc/${pid}/fd`).length;
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

const took = Object.fromEntries(Object.keys(kinds).map(kind => [kind, []])), faults = new Map();
let card = '00000000-0000-4000-8000-000000000000';

function fault(text) {
    faults.set(text, (faults.get(text) ?? 0) + 1);
}

/** Sends one request; its time counts from the moment it was due, so that a stalled service is not spared. */
function send(kind, n, due) {
    const {method, path, body, headers, status} = kinds[kind][1](n);
    return new Promise(resolve => {
        const fields = {...headers, ...body && {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body)}};
        const request = http.request({hostname, port, agent, method, path, headers: fields}, response => {
            const parts = [];
            response.on('data', part => parts.push(part)).on('error', () => {}).on('close', () => {
                took[kind].push(performance.now() - due);
                if (response.statusCode !== status) fault(`${kind}: ${response.statusCode} for ${status}`);
                else if (kind === 'patient-view, ASPS') card = JSON.parse(Buffer.concat(parts)).cards[0].uuid;
                resolve();
            });
        });
        request.on('error', error => {
            fault(`${kind}: ${error.code}`);
            resolve();
        });
        request.end(body);
    });
}

await pause(1000);
const idle = {MB: memory(), descriptors: descriptors()};
const ofCalls = Object.keys(kinds).filter(kind => /^(patient-view|order)/.test(kind));
for (let n = 0; n < 50; ++n) await send(ofCalls[n % ofCalls.length], n, performance.now());
const idleMs = ofCalls.flatMap(kind => took[kind].splice(0)).sort((a, b) => a - b)[25];
const start = performance.now(), total = seconds * perSecond, warm = Math.floor(total / 5), running = new Set();
let warmMB;
for (let n = 0; n < total;) {
    for (const due = performance.now(); n < total && start + n * 1000 / perSecond <= due; ++n) {
        if (n === warm) warmMB = memory();
        const sent = send(round[n % round.length], Math.floor(n / round.length), start + n * 1000 / perSecond);
        running.add(sent);
        sent.then(() => running.delete(sent));
    }
    await pause(1);
}
await Promise.all(running);
const endMB = memory();
agent.destroy();
await pause(1000);
const left = descriptors() - idle.descriptors, growth = endMB - warmMB;
await service.close();

const ms = (times, share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1).padStart(8);
const row = (name, times) => {
    times.sort((a, b) => a - b);
    console.log(`| ${name.padEnd(19)} | ${String(times.length).padStart(7)} | ${ms(times, 0.5)} | ${ms(times, 0.99)} | ${ms(times, 0.999)} |`);
};
const errors = [...faults.values()].reduce((sum, count) => sum + count, 0);
console.log(`${total} requests in ${seconds} s, ${perSecond} a second\n`);
console.log('| requests            | answers |   p50 ms |   p99 ms | p99.9 ms |\n|---|---:|---:|---:|---:|');
for (const [kind, times] of Object.entries(took)) row(kind, times);
row('all', Object.values(took).flat());
console.log(`\nerrors ${errors}${[...faults].map(([text, count]) => `\n  ${count} × ${text}`).join('')}`);
console.log(`RSS: idle ${idle.MB.toFixed(1)} MB, warm ${warmMB.toFixed(1)} MB, at the end ${endMB.toFixed(1)} MB, growth ${growth.toFixed(1)} MB`);
console.log(`descriptors: idle ${idle.descriptors}, left over at the end ${left}`);

const callMs = ofCalls.flatMap(kind => took[kind]).sort((a, b) => a - b);
const [p99, p999] = [0.99, 0.999].map(share => callMs[Math.floor(callMs.length * share)]);
console.log(`calls: ${idleMs.toFixed(1)} ms when idle (median), p99 ${p99.toFixed(1)} ms, p99.9 ${p999.toFixed(1)} ms`);

const broken = [
    p99 > Math.max(mostMs.p99, mostMs.timesIdle * idleMs) && `one call in a hundred takes longer than ${mostMs.p99} ms and fifteen idle ones`,
    p999 > mostMs.p999 && `one call in a thousand takes longer than ${mostMs.p999} ms`,
    errors > most.errors && 'there were errors', growth > most.growthMB && `memory grew by more than ${most.growthMB} MB`,
    idle.MB > most.idleMB && `idle it takes more than ${most.idleMB} MB`, left > most.descriptors && 'descriptors are left over',
].filter(Boolean);
if (broken.length > 0) console.log(`\nNot good: ${broken.join('; ')}`);
process.exitCode = broken.length > 0 ? 1 : 0;
