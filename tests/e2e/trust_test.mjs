// Callers that must show a token: an EHR page whose keys are fetched from its own origin, and others that are turned away.
import assert from 'node:assert/strict';
import net from 'node:net';
import {after, before, test} from 'node:test';
import {fixture} from './patients.mjs';
import {setStage, token} from './stage.mjs';

const patient = fixture('p12-lung-metastasis');
const made = {'/catalogue.json': {}, '/jwks.json': {keys: []}};
let fhir, pages, service, browser, stage, page;

/** A port that nobody listens on: a token names the address of the service, which is to be known before it starts. */
async function freePort() {
    const server = net.createServer();
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    const {port} = server.address();
    await new Promise(resolve => server.close(resolve));
    return port;
}

before(async () => {
    const port = await freePort();
    stage = await setStage({
        patients: [patient], made,
        settings: ({fhir, pages}) => ({
            listen: `127.0.0.1:${port}`, auth: {required: 'always', discovery: true}, fhir: {plainHttp: true},
            clients: [{issuer: pages.origin, jku: `${pages.origin}/jwks.json`, fhirServers: [fhir.base]}],
        }),
    });
    ({fhir, pages, service, browser} = stage);
});
after(() => stage?.close());

const status = page => page.evaluate(() => document.getElementById('status').textContent);

/** The EHR's page, with a key of its own. */
async function ehr(options = {}) {
    const query = new URLSearchParams({services: service.discovery, fhir: fhir.base, token, patient: patient.id, ...options});
    const page = await browser.open(`${pages.origin}/ehr.html?${query}`);
    await page.until(() => document.body.dataset.finished === '1');
    return page;
}

const called = page => page.requests.find(({url, isPreflight}) => !isPreflight && url === `${service.discovery}/asps-patient-view`);

const refused = async why => (await service.seen(line => line.status === 401 && line.tokenFault === why)).path;

// W-17: none is known at first; that cannot be tried again at once.
test('Before its keys are published a caller is nobody', async () => {
    const page = await ehr();

    assert.equal(await status(page), 'Failed: 401: a valid token is required');
    assert.equal(await refused('no-keys'), '/cds-services');
});

// W-7, W-8, W-9, A-8
test('With its keys at its registered address it gets cards, and its own FHIR server is asked', async () => {
    for (let pause = 1000; ; pause *= 2) {  // the pause after an address that gave no keys
        page = await ehr({leaveOut: 'all', publish: ''});
        if (await status(page) !== 'Failed: 401: a valid token is required') break;
        assert.ok(pause < 10000, await status(page));
        await new Promise(resolve => setTimeout(resolve, pause));
    }
    await page.click('#open-chart');

    assert.match(await status(page), /^[1-9] cards$/);
    const line = await service.seen(line => line.service === 'asps-patient-view' && line.status === 200);
    assert.deepEqual([line.issuer, line.fhir], [pages.origin, 'asked']);
    assert.deepEqual(page.errors, []);
});

// W-17
test('New keys are taken without a restart', async () => {
    page = await ehr({publish: ''});
    await page.click('#open-chart');

    assert.match(await status(page), /^[1-9] cards$/);
});

// W-11, W-16
test('A token is good once, and nobody learns why another is not', async () => {
    const {headers} = called(page);
    const post = Authorization => fetch(`${service.discovery}/asps-patient-view`, {
        method: 'POST', headers: {'Content-Type': 'application/json', ...Authorization && {Authorization}}, body: '{}',
    });
    const answers = [];
    for (const Authorization of [headers.Authorization, undefined, 'Bearer x.y.z']) {
        const response = await post(Authorization);
        answers.push([response.status, response.headers.get('WWW-Authenticate'), await response.text()]);
    }

    assert.deepEqual(answers.map(([status, field]) => [status, field]), Array(3).fill([401, 'Bearer']));
    assert.equal(new Set(answers.map(([, , text]) => text)).size, 1);
    for (const why of ['replayed', 'missing', 'malformed']) assert.equal(await refused(why), '/cds-services/{id}');
    assert.ok(!service.text().includes(headers.Authorization.split('.')[1]));
});
