// FHIR R4 search on resources in memory: which parameters a type has, what matches, and in which order.

const subject = {
    patient: {kind: 'reference', path: 'subject', to: 'Patient'}, subject: {kind: 'reference', path: 'subject'},
};
const dated = path => ({kind: 'date', path});
const coded = path => ({kind: 'token', path});
const described = {code: coded('code'), category: coded('category'), status: coded('status')};

/** The search parameters of each type, with the elements they look at (https://hl7.org/fhir/R4/searchparameter-registry.html). */
export const parameters = {
    Patient: {birthdate: dated('birthDate'), gender: coded('gender'), identifier: coded('identifier')},
    Condition: {
        ...subject, code: coded('code'), category: coded('category'), 'clinical-status': coded('clinicalStatus'),
        'verification-status': coded('verificationStatus'), 'onset-date': dated('onset[x]'), 'recorded-date': dated('recordedDate'),
    },
    Observation: {...subject, ...described, date: dated('effective[x]')},
    DiagnosticReport: {...subject, ...described, date: dated('effective[x]')},
    ImagingStudy: {...subject, modality: coded('modality'), status: coded('status'), started: dated('started')},
    ServiceRequest: {...subject, ...described, authored: dated('authoredOn')},
    Procedure: {...subject, ...described, date: dated('performed[x]')},
    MedicationRequest: {
        ...subject, code: coded('medicationCodeableConcept'), category: coded('category'), status: coded('status'),
        intent: coded('intent'), authoredon: dated('authoredOn'),
    },
    MedicationAdministration: {
        ...subject, code: coded('medicationCodeableConcept'), status: coded('status'), 'effective-time': dated('effective[x]'),
    },
    AllergyIntolerance: {
        patient: {kind: 'reference', path: 'patient', to: 'Patient'}, code: coded('code'), category: coded('category'),
        'clinical-status': coded('clinicalStatus'), date: dated('recordedDate'),
    },
    Appointment: {
        patient: {kind: 'reference', path: 'participant.actor', to: 'Patient'}, status: coded('status'), date: dated('start'),
    },
};

/** What is wrong with a search, in words for an OperationOutcome. */
export class SearchError extends Error {}

/** The values at a path such as `participant.actor` or `effective[x]`, lists flattened. */
function values(resource, path) {
    let found = [resource];
    for (const step of path.split('.')) {
        const choice = step.endsWith('[x]') && new RegExp(`^${step.slice(0, -3)}[A-Z]`);
        const names = value => choice ? Object.keys(value).filter(name => choice.test(name)) : [step];
        found = found.flatMap(value => names(value).flatMap(name => value[name] ?? []));
    }
    return found;
}

/** `a,b\,c` is two values, the second with a comma in it. */
const alternatives = text => text.split(/(?<!\\),/);
const unescaped = text => text.replace(/\\([\\,|$])/g, '$1');

/** The codes of a CodeableConcept, Coding, Identifier, code or boolean; one without a system of its own fits any. */
function codes(value) {
    if (typeof value !== 'object') return [{code: String(value), any: true}];
    if (value.coding || value.text) return value.coding ?? [];
    return [{system: value.system, code: value.code ?? value.value}];
}

function tokenMatches(value, wanted) {
    const at = wanted.search(/(?<!\\)\|/);
    const system = at < 0 ? undefined : unescaped(wanted.slice(0, at)), code = unescaped(wanted.slice(at + 1));
    return codes(value).some(one => (code === '' || one.code === code) &&
        (system === undefined || one.any || (one.system ?? '') === system));
}

function referenceMatches(value, wanted, {to}, base) {
    const type = to ?? '[A-Za-z]+', id = unescaped(wanted);
    const target = (value.reference ?? '').replace(`${base}/`, '').replace(/\/_history\/.*$/, '');
    return id.includes('/') ? target === id.replace(`${base}/`, '') && new RegExp(`^${type}/`).test(target)
                            : new RegExp(`^${type}/`).test(target) && target.slice(target.indexOf('/') + 1) === id;
}

/** [from, to) in milliseconds of a date as precise as it is written, of a dateTime, instant or Period; else nothing. */
export function range(value) {
    if (typeof value === 'object') {
        const from = value.start ? range(value.start) : [-Infinity], to = value.end ? range(value.end) : [0, Infinity];
        return (value.start || value.end) && from && to ? [from[0], to[1]] : undefined;
    }
    const parts = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/.exec(value);
    if (!parts) return undefined;
    const [, year, month, day, hour, minute, second, fraction, zone] = parts;
    const date = (y, m, d) => Date.UTC(y, m - 1, d);
    if (!month) return [date(year, 1, 1), date(Number(year) + 1, 1, 1)];
    if (!day) return [date(year, month, 1), date(year, Number(month) + 1, 1)];
    if (!hour) return [date(year, month, day), date(year, month, Number(day) + 1)];
    const from = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}${fraction ?? ''}${zone ?? 'Z'}`);
    return [from, from + (second ? fraction ? 1 : 1000 : 60000)];
}

function dateMatches(value, wanted) {
    const [, prefix = 'eq', text] = /^([a-z]{2})?(.*)$/.exec(wanted);
    const asked = range(text), there = range(value);
    if (!asked) throw new SearchError(`expected a date such as ge2026-01, got "${wanted}"`);
    if (!there) return false;
    const within = asked[0] <= there[0] && there[1] <= asked[1], before = there[0] < asked[0], after = there[1] > asked[1];
    switch (prefix) {
        case 'eq': return within;
        case 'lt': return before;
        case 'gt': return after;
        case 'le': return before || within;
        case 'ge': return after || within;
        default: throw new SearchError(`expected the prefix eq, lt, gt, le or ge, got "${prefix}"`);
    }
}

function matches(resource, definition, wanted, base) {
    return values(resource, definition.path).some(value => alternatives(wanted).some(one => {
        if (definition.kind === 'token') return tokenMatches(value, one);
        if (definition.kind === 'date') return dateMatches(value, one);
        return referenceMatches(value, one, definition, base);
    }));
}

/** `-date,status`: by the earliest instant of each date parameter, those without one last. */
function sorted(type, resources, order) {
    const keys = order.split(',').map(text => {
        const name = text.replace(/^-/, ''), definition = parameters[type][name];
        if (definition?.kind !== 'date') throw new SearchError(`_sort: ${type} cannot be sorted by "${name}"`);
        const key = resource => {
            const all = values(resource, definition.path).map(range).filter(Boolean);
            return all.length ? all[0][0] : undefined;
        };
        return {key, sign: text.startsWith('-') ? -1 : 1};
    });
    return [...resources].sort((a, b) => {
        for (const {key, sign} of keys) {
            const [x, y] = [key(a), key(b)];
            if (x === y) continue;
            if (x === undefined || y === undefined) return x === undefined ? 1 : -1;
            return sign * (x - y);
        }
        return 0;
    });
}

/** The resources of `type` that fit all parameters, sorted. An unknown parameter is an error: to ignore one would find too much. */
export function search(type, resources, query, base) {
    let found = resources, order;
    for (const [name, wanted] of query) {
        if (name === '_count') continue;
        if (name === '_sort') {
            order = wanted;
        } else if (name === '_id') {
            found = found.filter(resource => alternatives(wanted).includes(resource.id));
        } else {
            const definition = parameters[type][name];
            if (!definition) throw new SearchError(`${type} has no search parameter "${name}" here`);
            found = found.filter(resource => matches(resource, definition, wanted, base));
        }
    }
    return order ? sorted(type, found, order) : found;
}
