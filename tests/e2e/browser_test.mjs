// An EHR in a real browser: discovery, chart opening, ordering and signing with tokens of its own, cards on the screen.
import assert from 'node:assert/strict';
import {createPublicKey, verify} from 'node:crypto';
import {after, before, test} from 'node:test';
import {demo, fixture} from './patients.mjs';
import {startService} from './service.mjs';
import {setStage, token} from './stage.mjs';

const staging = fixture('p12-lung-metastasis'), ordering = demo('order-sign', 'demo-2'), other = fixture('p11-gist');
const catalogue = {doxorubicin: ordering.context.draftOrders.entry[0].resource};
let stage, fhir, pages, service, browser;

before(async () => {
    stage = await setStage({patients: [staging, ordering, other], made: {'/catalogue.json': catalogue}});
    ({fhir, pages, service, browser} = stage);
});
after(() => stage?.close());

/** The EHR with a patient's chart at hand, once it has discovered the services. */
async function ehr(patient, options = {}) {
    const query = new URLSearchParams({services: service.discovery, fhir: fhir.base, token, patient: patient.id, ...options});
    const page = await browser.open(`${pages.origin}/ehr.html?${query}`);
    await page.until(() => document.body.dataset.finished === '1');
    return page;
}

const status = page => page.evaluate(() => document.getElementById('status').textContent);

const drafts = page => page.evaluate(() => [...document.querySelectorAll('#drafts li')].map(draft => draft.textContent));

/** What a clinician sees of the cards. */
const cards = page => page.evaluate(() => [...document.querySelectorAll('.card')].map(card => ({
    topic: card.dataset.topic, indicator: card.className.replace('card ', ''), summary: card.querySelector('h2').textContent,
    lines: [...card.querySelectorAll('.detail p, .detail li')].map(line => line.textContent),
    source: card.querySelector('.source a').href, uuid: card.dataset.uuid,
    suggestions: [...card.querySelectorAll('.suggestion')].map(button => button.textContent),
    reasons: [...card.querySelectorAll('.reasons option')].map(option => option.textContent),
})));

test('Opening a chart shows the cards of that patient, as text that a clinician can act on', async () => {
    const page = await ehr(staging);
    await page.click('#open-chart');

    const shown = await cards(page);
    assert.deepEqual(shown.map(card => card.topic), staging.topics);
    assert.equal(shown[0].indicator, 'warning');
    assert.match(shown[0].summary, /^ASPS staging looks incomplete: no brain MRI, chest CT or regional node assessment found/);
    assert.match(shown[0].lines.join('\n'), /^Brain: nothing matching a contrast brain MRI or contrast head CT was found since /m);
    assert.doesNotMatch(shown[0].lines.join('\n'), /\\|\*\*/, 'Markdown is rendered, not shown');
    assert.match(shown[0].source, /^https:\/\/doi\.org\//);
    assert.ok(shown[0].suggestions.includes('Order contrast brain MRI'));
    assert.ok(shown[0].reasons.includes('Already done outside this system'));
    assert.deepEqual(page.errors, []);
});

test('Someone else\'s chart stays without cards', async () => {
    const page = await ehr(other);
    await page.click('#open-chart');

    assert.equal(await status(page), '0 cards');
    assert.deepEqual(page.errors, []);
});

test('Choosing an order and signing it warns of it', async () => {
    const page = await ehr(ordering);
    await page.choose('#drug', 'doxorubicin');
    const selected = await cards(page);
    await page.click('#sign');
    const signed = await cards(page);

    assert.ok(selected.some(card => card.topic === 'cytotoxicOrder'), JSON.stringify(selected));
    assert.ok(signed.some(card => card.topic === 'cytotoxicOrder'));
    assert.deepEqual(await drafts(page), ['DOXOrubicin 75 mg/m2 IV every 21 days']);
    assert.deepEqual(page.errors, []);
});

// K-1, K-2: a token and JSON make the browser ask first, without them.
test('The browser asks before every first call, and the service answers without a token', async () => {
    const page = await ehr(staging);
    await page.click('#open-chart');

    const called = `${service.discovery}/asps-patient-view`;
    const preflights = page.requests.filter(request => request.isPreflight && request.url.startsWith(service.url));
    assert.deepEqual(preflights.map(({url, status}) => [url, status]), [[service.discovery, 204], [called, 204]]);
    for (const {headers} of preflights) assert.equal(headers.Authorization, undefined);
    const [discovery, call] = preflights.map(({headers}) => headers);
    assert.equal(discovery['Access-Control-Request-Method'], 'GET');
    assert.equal(discovery['Access-Control-Request-Headers'], 'authorization');
    assert.equal(call['Access-Control-Request-Method'], 'POST');
    assert.equal(call['Access-Control-Request-Headers'], 'authorization,content-type');
    for (const path of ['/cds-services', '/cds-services/{id}']) {
        await service.seen(line => line.method === 'OPTIONS' && line.path === path && line.status === 204);
    }
});

// W-1 … W-9
test('Each call carries an ES384 token for its own address', async () => {
    const page = await ehr(staging);
    await page.click('#open-chart');

    const key = createPublicKey({key: await page.evaluate(() => window.signingKey), format: 'jwk'});
    const calls = page.requests.filter(request => !request.isPreflight && request.url.startsWith(service.url));
    assert.equal(calls.length, 2);
    for (const {url, headers} of calls) {
        const [head, claims, signature] = headers.Authorization.replace('Bearer ', '').split('.');
        const {aud, iss, exp, iat} = JSON.parse(Buffer.from(claims, 'base64url'));
        assert.deepEqual([aud, iss, exp - iat], [url, pages.origin, 300]);
        const bytes = Buffer.from(signature, 'base64url');
        assert.ok(verify('sha384', Buffer.from(`${head}.${claims}`), {key, dsaEncoding: 'ieee-p1363'}, bytes), url);
        assert.equal(bytes.length, 96);
    }
    assert.notEqual(calls[0].headers.Authorization, calls[1].headers.Authorization);
});

// F-5
test('An accepted suggestion changes the order and is stored with the topic of its card', async () => {
    const page = await ehr(ordering);
    await page.choose('#drug', 'doxorubicin');
    const {uuid} = (await cards(page)).find(card => card.topic === 'cytotoxicOrder');
    const suggestion = await page.evaluate(uuid => document.querySelector(`[data-uuid="${uuid}"] .suggestion`).dataset.uuid, uuid);
    await page.click(`[data-uuid="${uuid}"] .suggestion`, 'Remove the draft doxorubicin order');

    assert.equal(await status(page), 'feedback: accepted');
    assert.deepEqual(await drafts(page), []);
    const [row, ...more] = service.feedback(uuid);
    assert.deepEqual(more, []);
    assert.deepEqual([row.outcome, row.topic, row.service, row.hook, row.knownCard, row.acceptedSuggestions],
                     ['accepted', 'cytotoxicOrder', 'asps-order-select', 'order-select', true, [suggestion]]);
    assert.deepEqual(page.errors, []);
});

// F-6, F-7; K-1 and K-2 for the third path
test('A dismissed card is stored with the reason that was chosen, or without one', async () => {
    const page = await ehr(staging);
    await page.click('#open-chart');
    const [first, second] = await cards(page);
    await page.evaluate(uuid => { document.querySelector(`[data-uuid="${uuid}"] .reasons`).value = 'doneElsewhere'; }, first.uuid);
    await page.click(`[data-uuid="${first.uuid}"] .dismiss`);
    await page.click(`[data-uuid="${second.uuid}"] .dismiss`);

    const [reasoned] = service.feedback(first.uuid), [plain] = service.feedback(second.uuid);
    assert.deepEqual([reasoned.outcome, reasoned.topic, reasoned.reasonCode], ['overridden', first.topic, 'doneElsewhere']);
    assert.deepEqual([plain.outcome, plain.topic, plain.reasonCode], ['overridden', second.topic, undefined]);
    assert.deepEqual(await cards(page), []);
    const url = `${service.discovery}/asps-patient-view/feedback`;
    const sent = page.requests.filter(request => request.url === url).map(({method, status}) => [method, status]);
    assert.deepEqual(sent.sort(), [['OPTIONS', 204], ['POST', 200], ['POST', 200]]);
    assert.deepEqual(page.errors, []);
});

// P-8, A-2
test('What the client leaves out the service fetches with the token that the call brings', async () => {
    const before = fhir.requests.length;
    const page = await ehr(staging, {leaveOut: 'all'});
    await page.click('#open-chart');

    assert.deepEqual((await cards(page)).map(card => card.topic), staging.topics);
    const fetched = fhir.requests.slice(before);
    assert.ok(fetched.some(one => one.path === '/fhir/Condition'));
    for (const {origin, authorization, status} of fetched) {
        assert.deepEqual([origin, authorization, status], [undefined, `Bearer ${token}`, 200]);  // a browser would name its origin
    }
    assert.deepEqual(page.errors, []);
});

// P-8: without a token nobody could fetch it.
test('What the client leaves out is said to be unchecked when it cannot be fetched', async () => {
    const page = await ehr(staging, {leaveOut: 'reports,procedures', hideFhir: ''});
    await page.click('#open-chart');

    assert.ok((await cards(page)).some(card => card.topic === 'notChecked'));
    assert.deepEqual(page.errors, []);
});

// K-3: else the page could not tell a refusal from a dead service.
test('The page can read why a call was refused', async () => {
    const page = await ehr(staging, {leaveOut: 'all', hideFhir: ''});
    await page.click('#open-chart');
    const missing = await status(page);
    const unknown = await ehr(staging, {call: 'no-such-service'});
    await unknown.click('#open-chart');

    assert.match(missing, /^Failed: 412: .*patient/);
    assert.match(await status(unknown), /^Failed: 404: no such service/);
    // The browser itself reports refusals; nothing else may be there.
    const report = 'Failed to load resource: the server responded with a status of';
    assert.deepEqual(page.errors, [`${report} 412 (Precondition Failed) ${service.discovery}/asps-patient-view`]);
    assert.deepEqual(unknown.errors, [`${report} 404 (Not Found) ${service.discovery}/no-such-service`]);
});

// K-4
test('A page of an origin that is not listed is kept out by the browser, and never gets to call', async () => {
    const strict = await startService({cors: {origins: ['https://ehr.example.org']}});
    const page = await ehr(staging, {services: strict.discovery});
    await strict.seen(line => line.method === 'OPTIONS');

    assert.equal(await status(page), 'Failed: Failed to fetch');
    assert.match(page.errors.join('\n'), /from origin 'http:\/\/127\.0\.0\.1:\d+' has been blocked by CORS policy/);
    await strict.close();
    assert.deepEqual(strict.log.filter(line => line.event === 'request').map(line => line.method), ['OPTIONS']);
});

//
test('The log tells of every call, and neither of tokens nor of patients', async () => {
    const page = await ehr(staging);
    await page.click('#open-chart');
    await service.seen(line => line.service === 'asps-patient-view' && line.status === 200 && line.cards === 2);

    const tokens = page.requests.map(({headers}) => headers.Authorization).filter(Boolean).map(text => text.replace('Bearer ', ''));
    assert.ok(tokens.length > 2);
    for (const secret of [...tokens, staging.id, ordering.id]) assert.ok(!service.text().includes(secret), secret);
});
