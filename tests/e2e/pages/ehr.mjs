// A small EHR in the browser: discovers services, calls them at chart opening and ordering, shows cards, posts feedback.
//   ?services=DISCOVERY&fhir=BASE&token=ACCESS&patient=ID[&leaveOut=key,key|all][&hideFhir][&call=ID][&publish]: its key at /jwks.json
import {cardView} from './card_view.mjs';
import {prefetched} from './prefetch.mjs';
import {newSigner} from './token.mjs';

const options = new URLSearchParams(location.search);
const discovery = options.get('services'), patientId = options.get('patient');
const fhir = {base: options.get('fhir'), token: options.get('token')};
const leftOut = (options.get('leaveOut') ?? '').split(',');
const at = id => document.getElementById(id);
const signer = await newSigner(location.origin);
if (options.has('publish')) await fetch('jwks.json', {method: 'PUT', body: JSON.stringify({keys: [signer.key]})});
const catalogue = await (await fetch('catalogue.json')).json();
let services = [], drafts = [], hookInstance;

/** A call with a token of its own; throws what the answer says, with its status. */
async function call(url, body) {
    const headers = {Accept: 'application/json', Authorization: `Bearer ${await signer.token(url)}`};
    if (body) headers['Content-Type'] = 'application/json';
    const response = await fetch(url, {method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body)});
    const text = await response.text(), answer = text && JSON.parse(text);
    if (!response.ok) throw new Error(`${response.status}: ${answer.issue?.[0]?.diagnostics}`);
    return answer;
}

/** Runs what a click began, shows how it ended, and counts it. */
async function doing(task) {
    try {
        at('status').textContent = await task();
    } catch (error) {
        at('status').textContent = `Failed: ${error.message}`;
    }
    at('drafts').replaceChildren(...drafts.map(draft => {
        const item = document.createElement('li');
        item.textContent = (draft.medicationCodeableConcept ?? draft.code)?.text ?? draft.resourceType;
        return item;
    }));
    document.body.dataset.finished = Number(document.body.dataset.finished ?? 0) + 1;
}

function apply({type, resource, resourceId}) {
    const name = draft => `${draft.resourceType}/${draft.id}`;
    if (type !== 'create') drafts = drafts.filter(draft => name(draft) !== (resourceId ?? name(resource)));
    if (type !== 'delete') drafts.push({id: crypto.randomUUID(), ...resource});
}

/** Feedback on one card (F-2 … F-9). */
async function tell(service, card, outcome) {
    const feedback = [{card: card.uuid, ...outcome, outcomeTimestamp: new Date().toISOString()}];
    await call(`${discovery}/${service.id}/feedback`, {feedback});
    return `feedback: ${outcome.outcome}`;
}

function show(service, card) {
    const view = cardView(card, {
        accept: suggestion => doing(async () => {
            suggestion.actions?.forEach(apply);
            return tell(service, card, {outcome: 'accepted', acceptedSuggestions: [{id: suggestion.uuid}]});
        }),
        dismiss: reason => doing(async () => {
            view.remove();
            const overrideReason = reason && {reason: {system: reason.system, code: reason.code}};
            return tell(service, card, {outcome: 'overridden', ...overrideReason && {overrideReason}});
        }),
    });
    at('cards').append(view);
}

/** Calls every service of the hook and shows what they say. */
async function fire(hook, more) {
    const context = {userId: 'Practitioner/test-doctor', patientId, ...more};
    hookInstance = crypto.randomUUID();
    at('cards').replaceChildren();
    const called = services.filter(service => service.hook === hook);
    const answers = await Promise.all(called.map(async service => {
        const body = {hook, hookInstance, context};
        if (!options.has('hideFhir')) {
            body.fhirServer = fhir.base;
            body.fhirAuthorization = {
                access_token: fhir.token, token_type: 'Bearer', expires_in: 300, scope: 'user/*.read', subject: 'asps-cds',
            };
        }
        const prefetch = await prefetched(service.prefetch, context, fhir, leftOut);
        if (Object.keys(prefetch).length > 0) body.prefetch = prefetch;
        return [service, await call(`${discovery}/${service.id}`, body)];
    }));
    for (const [service, {cards}] of answers) cards.forEach(card => show(service, card));
    return `${answers.reduce((sum, [, {cards}]) => sum + cards.length, 0)} cards`;
}

const draftOrders = () => ({resourceType: 'Bundle', type: 'collection', entry: drafts.map(resource => ({resource}))});

at('open-chart').onclick = () => doing(() => fire('patient-view'));
at('sign').onclick = () => doing(() => fire('order-sign', {draftOrders: draftOrders()}));
at('drug').onchange = event => doing(() => {
    const order = {...catalogue[event.target.value], id: crypto.randomUUID(), subject: {reference: `Patient/${patientId}`}};
    drafts.push(order);
    return fire('order-select', {selections: [`${order.resourceType}/${order.id}`], draftOrders: draftOrders()});
});
at('patient').textContent = patientId;
at('drug').append(...Object.keys(catalogue).map(name => new Option(name, name)));
window.signingKey = signer.key;
await doing(async () => {
    ({services} = await call(discovery));
    at('services').append(...services.map(({title, hook}) => {
        const item = document.createElement('li');
        item.textContent = `${title} (${hook})`;
        return item;
    }));
    // One that the service does not offer, as after a site has switched it off.
    if (options.has('call')) services = [{id: options.get('call'), hook: 'patient-view'}];
    return `${services.length} services`;
});
