// The project's invented patients as records of a FHIR server: those of config/demo and of tests/clinical/fixtures.
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const json = (...names) => JSON.parse(fs.readFileSync(path.join(root, ...names), 'utf8'));

/** A chart's shorthand for a resource: the name of a file, {"use": name, changes…}, or FHIR (see tests/clinical). */
function resourceOf(shorthand) {
    const named = name => json('tests/clinical/resources', `${name}.json`);
    if (typeof shorthand === 'string') return named(shorthand);
    const {use, ...changes} = shorthand, resource = {...use ? named(use) : {}, ...changes};
    return Object.fromEntries(Object.entries(resource).filter(([, value]) => value !== null));
}

/** Ids that no other patient's resources have, and references that follow them. */
function ownIds(id, resources) {
    const renamed = new Map();
    resources.forEach((one, n) => {
        const to = one.resourceType === 'Patient' ? id : `${id}-${one.id ?? n}`;
        if (one.id) renamed.set(`${one.resourceType}/${one.id}`, `${one.resourceType}/${to}`);
        one.id = to;
    });
    return JSON.parse(JSON.stringify(resources), (name, value) => name === 'reference' ? renamed.get(value) ?? value : value);
}

/** The patient of tests/clinical/fixtures/<name>.json: { id, resources, service, context, topics } under an id of its own. */
export function fixture(name) {
    const test = json('tests/clinical/fixtures', `${name}.json`), id = name;
    const {patient = 'adult-30', ...lists} = test.chart;
    const resources = [{id: 'p-1', ...resourceOf(patient)}];
    for (const one of Object.values(lists).flat().map(resourceOf)) {
        const subject = one.resourceType === 'AllergyIntolerance' ? 'patient' : 'subject';
        resources.push({...one, [subject]: one[subject] ?? {reference: 'Patient/p-1'}});
    }
    const drafts = test.context?.draftOrders?.map(resourceOf).map(resource => ({
        resource: {...resource, subject: {reference: `Patient/${id}`}},
    }));
    return {
        id, resources: ownIds(id, resources), service: test.service ?? 'asps-patient-view',
        context: {...test.context, ...drafts && {draftOrders: {resourceType: 'Bundle', type: 'collection', entry: drafts}}},
        topics: test.cards.map(card => card.topic),
    };
}

/** The patient of config/demo/<name>.json, renamed to `id`; both demos call theirs the same. */
export function demo(name, id) {
    const request = JSON.parse(JSON.stringify(json('config/demo', `${name}.json`)).replaceAll('demo-1', id));
    const resources = Object.values(request.prefetch).filter(Boolean)
        .flatMap(value => value.resourceType === 'Bundle' ? (value.entry ?? []).map(entry => entry.resource) : value);
    return {id, resources: ownIds(id, resources), service: `asps-${request.hook}`, context: request.context};
}
