// What the public CDS Hooks sandbox does, done in a browser: its prefetch, its half-filled orders, its addresses, its feedback.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {demo} from './patients.mjs';
import {setStage} from './stage.mjs';

const patient = demo('order-sign', 'demo-2');
const drug = patient.context.draftOrders.entry[0].resource.medicationCodeableConcept;
const condition = patient.resources.find(one => one.resourceType === 'Condition').code;
let stage, fhir, pages, service, browser;

before(async () => {
    // The sandbox works with FHIR servers that are open to all.
    stage = await setStage({patients: [patient], fhir: {token: undefined}, made: {'/rx.json': {drug, condition}}});
    ({fhir, pages, service, browser} = stage);
});
after(() => stage?.close());

async function sandbox(discovery = service.discovery) {
    const query = new URLSearchParams({serviceDiscoveryURL: discovery, fhirServiceUrl: fhir.base, patientId: patient.id});
    const page = await browser.open(`${pages.origin}/sandbox.html?${query}`);
    await page.until(() => document.body.dataset.finished === '1');
    return page;
}

const summaries = page => page.evaluate(() => [...document.querySelectorAll('.card h2')].map(card => card.textContent));
const exchanged = async page => ({
    request: JSON.parse(await page.evaluate(() => document.getElementById('request').textContent)),
    response: await page.evaluate(() => document.getElementById('response').textContent),
});
const cytotoxic = /^Doxorubicin has little activity in ASPS/;

test('It opens on a patient with cards, from prefetch that it searched by POST', async () => {
    const page = await sandbox();
    const {request} = await exchanged(page);

    assert.ok((await summaries(page)).length >= 2);
    assert.deepEqual(Object.keys(request), ['hookInstance', 'hook', 'fhirServer', 'context', 'prefetch']);
    assert.equal(Object.keys(request.prefetch).length, 11);
    assert.ok(fhir.requests.some(one => one.method === 'POST' && one.path === '/fhir/Condition/_search' && one.status === 200));
    assert.deepEqual(page.errors, []);
});

test('Orders are answered as half-filled as they are', async () => {
    const page = await sandbox();
    await page.click('#rx-view');
    const bare = await exchanged(page), onBare = await summaries(page);
    await page.click('#choose-drug');
    const chosen = await exchanged(page), onChosen = await summaries(page);
    await page.click('#choose-condition');
    const reasoned = await exchanged(page), onReasoned = await summaries(page);
    await page.click('#sign-order');
    const onSigned = await summaries(page);
    await page.click('#pama');
    const imaging = await exchanged(page);

    assert.equal(bare.request.context.draftOrders.entry[0].resource.intent, undefined);
    assert.ok(!onBare.some(summary => cytotoxic.test(summary)), onBare.join('\n'));
    assert.ok(!Array.isArray(chosen.request.context.draftOrders.entry[0].resource.category));
    assert.ok(!Array.isArray(reasoned.request.context.draftOrders.entry[0].resource.reasonCode));
    for (const shown of [onChosen, onReasoned, onSigned]) {
        assert.ok(shown.some(summary => cytotoxic.test(summary)), shown.join('\n'));
    }
    assert.match(imaging.response, /^{"cards":/);
    assert.deepEqual(page.errors, []);
});

test('Going back to the order tab, which sends no orders at all, shows no card', async () => {
    const page = await sandbox();
    await page.click('#rx-view');
    await page.click('#rx-view');
    const {request, response} = await exchanged(page);

    assert.deepEqual(Object.keys(request.context), ['patientId', 'userId']);
    assert.deepEqual(await summaries(page), []);
    assert.match(response, /^{"cards":\[\]}$| 400 .*context\.(selections|draftOrders)/);
});

// F-10: it reports a card as accepted and then as overridden.
test('Its feedback is stored as it comes, two outcomes of one card too', async () => {
    const page = await sandbox();
    await page.click('#rx-view');
    await page.click('#choose-drug');
    const {cards} = JSON.parse((await exchanged(page)).response);
    const [{uuid, suggestions}] = cards.filter(card => cytotoxic.test(card.summary));
    await page.click('.card button', suggestions[0].label);
    await page.click(`[data-uuid="${uuid}"] button`, 'Dismiss');

    assert.deepEqual(service.feedback(uuid).map(row => row.outcome), ['accepted', 'overridden']);
    assert.deepEqual(page.errors, []);
});

// D-18
test('A discovery address that ends in a slash leads to the same cards', async () => {
    const page = await sandbox(`${service.discovery}/`);

    assert.ok((await summaries(page)).length >= 2);
    assert.ok(page.requests.some(request => request.url === `${service.discovery}//asps-patient-view` && request.status === 200));
    assert.deepEqual(page.errors, []);
});
