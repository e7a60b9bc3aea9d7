// What prefetch leaves out is fetched from the FHIR server: the cards are those of a client that brings everything.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {prefetched} from './pages/prefetch.mjs';
import {startFhirServer} from './fhir/server.mjs';
import {demo, fixture} from './patients.mjs';
import {startService} from './service.mjs';
import {token} from './stage.mjs';

const patients = [
    demo('patient-view', 'demo-1'), demo('order-sign', 'demo-2'),
    ...['p06-pathology-result', 'p11-gist', 'p15-m0-then-metastasis', 'p16d-study', 'p18b-revoked', 'p21-re-excision',
        'p25b-hospice', 'p26a-ingredient', 'p28a-vascular-with-mass', 'p32a-heart-transplant'].map(fixture),
];
const resources = patients.flatMap(patient => patient.resources);
// The same records behind servers of different habits.
const habits = {'JSON': {}, 'pages of one': {pageSize: 1}, 'XML': {formats: ['xml']}};
let servers, unlisted, service, services, brought;

before(async () => {
    servers = Object.fromEntries(await Promise.all(Object.entries(habits).map(async ([name, options]) =>
        [name, await startFhirServer({resources, token, ...options})])));
    unlisted = await startFhirServer({resources, token});
    service = await startService({fhir: {servers: Object.values(servers).map(({base}) => base), plainHttp: true}});
    ({services} = await (await fetch(service.discovery)).json());
    brought = await Promise.all(patients.map(patient => answer(patient, [])));
});
after(async () => {
    for (const one of [service, unlisted, ...Object.values(servers ?? {})]) await one?.close();
});

const authorization = {access_token: token, token_type: 'Bearer', expires_in: 300, scope: 'user/*.read', subject: 'asps-cds'};

/** The answer to a call that brings all keys but those left out. */
async function answer({id, service: called, context}, leaveOut, more) {
    const {hook, prefetch: templates} = services.find(one => one.id === called);
    const whole = {userId: 'Practitioner/test-doctor', patientId: id, ...context};
    const prefetch = await prefetched(templates, whole, {base: servers.JSON.base, token}, leaveOut);
    const body = {hook, hookInstance: '8a2f0c52-6f5f-4a86-8d0e-0d6c3c1b7e11', context: whole, ...more};
    if (Object.keys(prefetch).length > 0) body.prefetch = prefetch;
    const response = await fetch(`${service.discovery}/${called}`, {
        method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
    });
    return {status: response.status, text: await response.text()};
}

const anonymous = text => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid');

/** What the service asked of a server, without what the test asked to prefetch. */
const asked = (server, from) => server.requests.slice(from);

test('Clients that bring everything get cards to compare with', () => {
    assert.deepEqual(brought.map(({status}) => status), patients.map(() => 200));
    assert.ok(brought.flatMap(({text}) => JSON.parse(text).cards).length >= 10);
});

const lacks = {all: ['all'], some: ['conditions', 'reports', 'procedures'], patient: ['patient']};
for (const [name, leaveOut] of Object.entries(lacks)) {
    for (const habit of Object.keys(habits)) {
        test(`Fetched from ${habit}, ${name} left out: byte for byte the cards of prefetched data`, async () => {
            const access = {fhirServer: servers[habit].base, fhirAuthorization: authorization};
            const fetched = await Promise.all(patients.map(patient => answer(patient, leaveOut, access)));

            patients.forEach(({id}, n) => assert.equal(anonymous(fetched[n].text), anonymous(brought[n].text), id));
        });
    }
}

// P-10
test('The servers really had these habits', () => {
    assert.ok(servers['pages of one'].requests.filter(one => one.query.startsWith('_page=')).length >= 10);
    assert.ok(servers.XML.requests.length > 0 && servers.XML.requests.every(one => one.format === 'xml' && one.status === 200));
});

// P-8, A-2
test('Only what is missing is fetched, once, with the token that the call brought', async () => {
    const server = servers.XML, from = server.requests.length;
    await answer(patients[0], ['conditions', 'patient'], {fhirServer: server.base, fhirAuthorization: authorization});

    assert.deepEqual(asked(server, from).map(one => one.path).sort(), ['/fhir/Condition', '/fhir/Patient/demo-1']);
    for (const one of asked(server, from)) assert.equal(one.authorization, `Bearer ${token}`);
});

// P-9, A-12
test('A token that the FHIR server refuses ends in 412, which says what is missing and not why the server refused', async () => {
    const {status, text} = await answer(patients[0], ['all'], {
        fhirServer: servers.JSON.base, fhirAuthorization: {...authorization, access_token: 'expired-access-token'},
    });

    assert.equal(status, 412, text);
    assert.match(text, /conditions/);
    assert.doesNotMatch(text, /expired-access-token|demo-1/);
});

// the address comes from the caller.
test('A FHIR server that is not listed is never called', async () => {
    const from = unlisted.requests.length;
    const {status, text} = await answer(patients[0], ['all'], {fhirServer: unlisted.base, fhirAuthorization: authorization});
    const partly = await answer(patients[0], ['reports'], {fhirServer: unlisted.base, fhirAuthorization: authorization});

    assert.equal(status, 412, text);
    assert.ok(JSON.parse(partly.text).cards.some(card => card.source.topic.code === 'notChecked'));
    assert.deepEqual(asked(unlisted, from), []);
});

//
test('Without a token nothing is fetched', async () => {
    const from = servers.JSON.requests.length;
    const {status} = await answer(patients[0], ['all'], {fhirServer: servers.JSON.base});

    assert.equal(status, 412);
    assert.deepEqual(asked(servers.JSON, from), []);
});

//
test('Neither tokens nor patients are in the log', async () => {
    await service.seen(line => line.status === 412);
    for (const secret of [token, 'expired-access-token', ...patients.map(patient => patient.id)]) {
        assert.ok(!service.text().includes(secret), secret);
    }
});
