// The FHIR server of these tests truly searches: what else is asked, it does not find.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startFhirServer} from './fhir/server.mjs';
import {range} from './fhir/search.mjs';
import {fixture} from './patients.mjs';

const token = 'invented-access-token';
let fhir;

before(async () => {
    const patients = ['p12-lung-metastasis', 'p20a-cm', 'p16d-study', 'p15-m0-then-metastasis'].map(fixture);
    const subject = {reference: 'Patient/dates'};
    const dated = (id, more) => ({resourceType: 'Procedure', id, status: 'completed', subject, ...more});
    fhir = await startFhirServer({
        token, pageSize: 2,
        resources: [
            ...patients.flatMap(patient => patient.resources),
            dated('day', {performedDateTime: '2026-01-10'}), dated('month', {performedDateTime: '2026-01'}),
            dated('noon', {performedDateTime: '2026-01-10T12:00:00+02:00'}),
            dated('never', {status: 'not-done'}), dated('since', {performedPeriod: {start: '2026-01-05'}}),
        ],
    });
});
after(() => fhir.close());

const get = (path, headers = {}) => fetch(`${fhir.base}/${path}`, {headers: {Authorization: `Bearer ${token}`, ...headers}});

/** The ids that a search finds over all its pages. */
async function found(search) {
    const ids = [];
    for (let url = `${fhir.base}/${search}`; url;) {
        const bundle = await (await fetch(url, {headers: {Authorization: `Bearer ${token}`}})).json();
        assert.equal(bundle.resourceType, 'Bundle', `${search}: ${JSON.stringify(bundle)}`);
        ids.push(...(bundle.entry ?? []).map(entry => entry.resource.id));
        url = bundle.link.find(link => link.relation === 'next')?.url;
    }
    return ids;
}

test('A patient search finds that patient\'s resources and nobody else\'s', async () => {
    const conditions = await found('Condition?patient=p12-lung-metastasis');
    assert.deepEqual(conditions, ['p12-lung-metastasis-asps-coded', 'p12-lung-metastasis-lung-metastasis']);
    assert.deepEqual(await found('Condition?patient=p12'), []);
    assert.deepEqual(await found('Condition?patient=p20a-cm'), await found('Condition?subject=Patient/p20a-cm'));
});

test('Codes are compared with their system, lists are alternatives, parameters add up', async () => {
    const lung = 'p12-lung-metastasis-lung-metastasis', conditions = 'Condition?patient=p12-lung-metastasis';
    for (const [more, expected] of [
        ['code=http://snomed.info/sct|94391008', [lung]], ['code=94391008', [lung]], ['code=http://snomed.info/sct|', null],
        ['code=http://loinc.org|94391008', []], ['code=http://loinc.org|1,http://snomed.info/sct|94391008', [lung]],
        ['code=94391008&code=404056007', []], ['clinical-status=active&code=94391008', [lung]], ['clinical-status=resolved', []],
        ['category=problem-list-item', []],
    ]) assert.deepEqual(await found(`${conditions}&${more}`), expected ?? await found(conditions), more);
});

test('Dates are compared as precisely as they are written', async () => {
    for (const [wanted, expected] of [
        ['2026-01-10', ['day', 'noon']], ['2026-01', ['day', 'month', 'noon']], ['ge2026-01-10', ['day', 'month', 'noon', 'since']],
        ['lt2026-01-10', ['month', 'since']], ['gt2026-02', ['since']], ['le2025', []], ['2025,2026-01-10', ['day', 'noon']],
    ]) assert.deepEqual((await found(`Procedure?patient=dates&date=${wanted}`)).sort(), expected, wanted);
    assert.deepEqual(range('2026-01-10T12:00:00+02:00')[0], Date.UTC(2026, 0, 10, 10));
    assert.equal(range('March'), undefined);
});

test('Results are sorted, the undated last, and paged without loss', async () => {
    const first = await (await get('Procedure?patient=dates&_sort=-date&_count=200')).json();

    assert.equal(first.entry.length, 2);
    assert.equal(first.total, 5);
    assert.deepEqual(await found('Procedure?patient=dates&_sort=-date'), ['noon', 'day', 'since', 'month', 'never']);
    assert.deepEqual(await found('Procedure?patient=dates&_sort=date&_count=1'), ['month', 'since', 'day', 'noon', 'never']);
});

test('A search by POST finds what the same search by GET finds', async () => {
    const posted = await fetch(`${fhir.base}/Condition/_search`, {
        method: 'POST', body: new URLSearchParams({patient: 'p12-lung-metastasis', code: 'http://snomed.info/sct|94391008'}),
        headers: {Authorization: `Bearer ${token}`},
    });

    assert.deepEqual((await posted.json()).entry.map(entry => entry.resource.id), ['p12-lung-metastasis-lung-metastasis']);
});

test('Without the token, with another, for what is not there or not known, it refuses', async () => {
    for (const [path, headers, status] of [
        ['Patient/p20a-cm', {Authorization: ''}, 401], ['Patient/p20a-cm', {Authorization: 'Bearer another'}, 401],
        ['Patient/nobody', {}, 404], ['Medicine', {}, 404], ['Condition?colour=red', {}, 400], ['Procedure?date=ap2026', {}, 400],
        ['Procedure?patient=dates&date=March', {}, 400], ['Condition?_sort=code', {}, 400],
        ['Patient/p20a-cm', {Accept: 'text/html'}, 406],
    ]) {
        const response = await get(path, headers);
        assert.equal(response.status, status, path);
        assert.equal((await response.json()).resourceType, 'OperationOutcome', path);
    }
    assert.equal((await fetch(`${fhir.base}/metadata`)).status, 200);
});

test('XML and gzip come to those who ask', async () => {
    const response = await get('Condition?patient=p20a-cm&_count=1', {Accept: 'application/fhir+xml', 'Accept-Encoding': 'gzip'});
    const text = await response.text();

    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.match(response.headers.get('content-type'), /^application\/fhir\+xml/);
    assert.match(text, /^<Bundle xmlns="http:\/\/hl7\.org\/fhir"><type value="searchset"\/><total value="\d"\/>/);
    assert.match(text, /<resource><Condition><id value="p20a-cm-/);
});
