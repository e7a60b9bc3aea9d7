// A client with the habits of the public CDS Hooks sandbox, bad ones too: what it asks, sends and shows, in its order.
//   ?serviceDiscoveryURL=URL&fhirServiceUrl=BASE&patientId=ID[&token=ACCESS] (after a SMART launch it has a token, else none)
import {newSigner} from './token.mjs';

const options = new URLSearchParams(location.search);
const discoveryUrl = options.get('serviceDiscoveryURL'), fhirServer = options.get('fhirServiceUrl');
const patientId = options.get('patientId'), token = options.get('token');
const fhirHeaders = {Accept: 'application/json+fhir', ...token && {Authorization: `Bearer ${token}`}};
const userId = 'Practitioner/COREPRACTITIONER1';
const at = id => document.getElementById(id);
const signer = await newSigner(location.origin);
const {drug, condition} = await (await fetch('rx.json')).json();
const services = new Map();  // by URL: of two with one id, the last survives
let order, visits = 0;

async function ask(path) {
    const response = await fetch(`${fhirServer}/${path}`, {headers: fhirHeaders});
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
}

/** A read, or a search first by POST and by GET only after an error. */
async function prefetch(template) {
    const filledIn = template.replaceAll('{{context.patientId}}', patientId).replaceAll('{{context.userId}}', userId);
    const [type, search] = filledIn.split('?');
    if (search === undefined) return ask(type);
    const body = new URLSearchParams(search);
    const posted = await fetch(`${fhirServer}/${type}/_search`, {method: 'POST', body, headers: fhirHeaders});
    return posted.ok ? posted.json() : ask(`${type}?${body}`);
}

async function post(url, accept, body) {
    const headers = {Accept: accept, Authorization: `Bearer ${await signer.token(url)}`, 'Content-Type': 'application/json'};
    return fetch(url, {method: 'POST', headers, body: JSON.stringify(body)});
}

async function callService(url, hook, more) {
    const request = {hookInstance: crypto.randomUUID(), hook, fhirServer, context: {patientId, userId, ...more}};
    if (token) {
        const scope = 'user/*.* patient/*.read';
        request.fhirAuthorization = {access_token: token, token_type: 'Bearer', expires_in: 300, scope, subject: 'sandbox'};
    }
    const found = await Promise.all(Object.entries(services.get(url).prefetch ?? {}).map(([key, template]) =>
        prefetch(template).then(value => [key, value]).catch(() => undefined)));
    if (found.some(Boolean)) request.prefetch = Object.fromEntries(found.filter(Boolean));
    at('request').textContent = JSON.stringify(request);
    const response = await post(url, 'application/json', request);
    if (!response.ok) {
        at('response').textContent = `Could not get a response from the CDS Service. ${response.status} ${await response.text()}`;
        return [];
    }
    const answer = await response.json();
    at('response').textContent = JSON.stringify(answer);
    return answer.cards.map(card => ({...card, serviceUrl: url}));
}

async function tell(card, feedback) {
    const url = `${card.serviceUrl}/feedback`;
    const told = {card: card.uuid, ...feedback, outcomeTimestamp: new Date().toISOString()};
    const response = await post(url, 'application/json, text/plain, */*', {feedback: [told]});
    if (!response.ok) throw new Error(`feedback: ${response.status}`);
}

function button(text, task) {
    return Object.assign(document.createElement('button'), {textContent: text, onclick: () => doing(task)});
}

function show(cards) {
    const urgency = ['critical', 'warning', 'info'];
    cards.sort((a, b) => urgency.indexOf(a.indicator) - urgency.indexOf(b.indicator));
    at('cards').replaceChildren(...cards.map(card => {
        const view = document.createElement('article');
        view.className = `card ${card.indicator}`;
        view.dataset.uuid = card.uuid;
        view.append(Object.assign(document.createElement('h2'), {textContent: card.summary}));
        for (const suggestion of card.suggestions ?? []) {
            view.append(button(suggestion.label, async () => {
                const acceptedSuggestions = [{id: suggestion.uuid}];
                if (card.uuid && suggestion.uuid) await tell(card, {outcome: 'accepted', acceptedSuggestions});
                for (const {type} of suggestion.actions ?? []) if (type === 'delete') delete order.medicationCodeableConcept;
            }));
        }
        if (card.uuid) {
            const reasons = document.createElement('select');
            reasons.append(...(card.overrideReasons ?? []).map(({code, display}) => new Option(`Override: ${display}`, code)));
            reasons.selectedIndex = -1;
            view.append(reasons, button('Dismiss', async () => {
                view.remove();
                const {code, system} = card.overrideReasons?.[reasons.selectedIndex] ?? {};
                await tell(card, {outcome: 'overridden', ...code && {overrideReason: {reason: {code, system}}}});
            }));
        }
        return view;
    }));
    if (cards.length === 0) at('cards').textContent = 'All clear!';
}

async function fire(hook, more) {
    const called = [...services].filter(([, service]) => service.hook === hook).map(([url]) => url);
    show((await Promise.all(called.map(url => callService(url, hook, more)))).flat());
}

async function doing(task) {
    await task().catch(error => console.error(error));
    document.body.dataset.finished = Number(document.body.dataset.finished ?? 0) + 1;
}

const draftOrders = () => ({resourceType: 'Bundle', entry: [{resource: order}]});
const select = () => fire('order-select', {selections: ['MedicationRequest/request-123'], draftOrders: draftOrders()});

const tasks = {
    'patient-view': () => fire('patient-view'),
    // The first time a bare order without intent and drug, then neither selections nor draftOrders.
    'rx-view': () => {
        if (visits++ > 0) return fire('order-select');
        const subject = {reference: `Patient/${patientId}`};
        order = {resourceType: 'MedicationRequest', id: 'request-123', status: 'draft', subject, authoredOn: '2026-01-15'};
        return select();
    },
    // category is an object, which R4 has as a list; so is reasonCode below.
    'choose-drug': () => {
        Object.assign(order, {
            intent: 'order', category: {coding: [{code: 'inpatient'}]}, medicationCodeableConcept: drug,
            dosageInstruction: [{
                doseAndRate: [{doseQuantity: {value: 1, system: 'http://unitsofmeasure.org', code: '{pill}'}}],
                timing: {repeat: {frequency: 1, period: 1, periodUnit: 'd'}},
            }],
            dispenseRequest: {validityPeriod: {start: '2026-01-15'}},
        });
        return select();
    },
    'choose-condition': () => {
        order.reasonCode = condition;
        return select();
    },
    'sign-order': () => {
        delete order.reasonCode;
        return fire('order-sign', {draftOrders: draftOrders()});
    },
    'pama': () => fire('order-select', {
        selections: ['ServiceRequest/example-request-id'],
        draftOrders: {resourceType: 'Bundle', entry: [{resource: {
            resourceType: 'ServiceRequest', id: 'example-request-id', status: 'draft', intent: 'plan', code: {coding: [{}]},
            subject: {reference: `Patient/${patientId}`}, reasonCode: [],
        }}]},
    }),
};
for (const [id, task] of Object.entries(tasks)) at(id).onclick = () => doing(task);

await doing(async () => {
    await Promise.all(['metadata', 'Patient', `Patient/${patientId}`, `Condition?patient=${patientId}`].map(ask));
    const headers = {Accept: 'application/json', Authorization: `Bearer ${await signer.token(discoveryUrl)}`};
    const response = await fetch(discoveryUrl, {headers});
    for (const service of (await response.json()).services) services.set(`${discoveryUrl}/${service.id}`, service);
    await fire('patient-view');
});
