// The templates that the service publishes, asked of a server that truly searches: they find what the rules need.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {prefetched} from './pages/prefetch.mjs';
import {demo, fixture} from './patients.mjs';
import {setStage, token} from './stage.mjs';

// One of each kind of finding: in words, codes, observations, reports, studies, orders, procedures, measures, drafts.
const patients = [
    'p02-snomed', 'p06-pathology-result', 'p07-text-only', 'p08-refuted', 'p11-gist', 'p12-lung-metastasis',
    'p15-m0-then-metastasis', 'p16d-study', 'p16e-order-completed', 'p18b-revoked', 'p21-re-excision', 'p23a-ucum',
    'p24b-age-8', 'p25a-deceased', 'p25b-hospice', 'p26a-ingredient', 'p28a-vascular-with-mass', 'p32a-heart-transplant',
    'p32c-long-qt',
].map(fixture);
const inWords = fixture('p20a-cm');
let stage, services;

before(async () => {
    stage = await setStage({patients: [...patients, inWords, demo('patient-view', 'demo-1')]});
    ({services} = await (await fetch(stage.service.discovery)).json());
});
after(() => stage?.close());

/** What the service says of a patient to a client that prefetches all. */
async function cardsOf({id, service: called, context}) {
    const {hook, prefetch} = services.find(one => one.id === called), base = stage.fhir.base;
    const whole = {userId: 'Practitioner/test-doctor', patientId: id, ...context};
    const body = {
        hook, hookInstance: '8a2f0c52-6f5f-4a86-8d0e-0d6c3c1b7e11', context: whole,
        prefetch: await prefetched(prefetch, whole, {base, token}, []),
    };
    const response = await fetch(`${stage.service.discovery}/${called}`, {
        method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
    });
    const text = await response.text();
    assert.equal(response.status, 200, `${id}: ${text}`);
    return JSON.parse(text).cards;
}

for (const patient of patients) {
    test(`${patient.id} found by search gives the cards of the clinical fixture`, async () => {
        assert.deepEqual((await cardsOf(patient)).map(card => card.source.topic.code), patient.topics);
    });
}

// A limit of the template: without a code there is nothing to search for, and all observations would be too many.
test('An observation that is named in words only is out of reach of a search for codes', async () => {
    const {resource} = (await (await fetch(`${stage.fhir.base}/Observation?patient=${inWords.id}`, {
        headers: {Authorization: `Bearer ${token}`},
    })).json()).entry.find(entry => entry.resource.id.endsWith('-depth'));

    assert.equal(resource.code.coding, undefined);
    assert.deepEqual(inWords.topics, ['radiotherapy']);
    assert.deepEqual(await cardsOf(inWords), []);
});

test('Every template that discovery publishes is a search that the server understands', async () => {
    const before = stage.fhir.requests.length;
    const context = {patientId: 'demo-1', userId: 'Practitioner/test-doctor'};
    for (const {prefetch} of services) await prefetched(prefetch, context, {base: stage.fhir.base, token}, []);

    const asked = stage.fhir.requests.slice(before);
    assert.equal(asked.length, services.length * 11);
    assert.deepEqual(asked.filter(one => one.status !== 200), []);
});
