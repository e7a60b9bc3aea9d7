// Oracle: npm fhirpath 5.2.2 asked the same questions as our engine, at the same moment, its answers in the same form.
'use strict';
process.env.TZ = 'UTC';
const moment = Date.UTC(2026, 0, 15, 12);
const SystemDate = Date;
global.Date = class extends SystemDate {
    constructor(...given) { given.length ? super(...given) : super(moment); }
    static now() { return moment; }
};
const fhirpath = require('fhirpath');
const r4 = require('fhirpath/fhir-context/r4');

const options = {resolveInternalTypes: true, keepDecimalTypes: true, preciseMath: true, traceFn: () => {}};

/** An item as JSON; decimals as numbers, types by their qualified name. */
function shown(item) {
    if (typeof item === 'bigint') return Number(item);
    if (item && typeof item === 'object' && 'asStr' in item) return Number(item.asStr);
    if (item && item.constructor && item.constructor.name === 'TypeInfo') return `${item.namespace}.${item.name}`;
    return item;
}

/** `value_sets`: ValueSet resources for memberOf(); `resolve` may be set: what a reference leads to. */
class Oracle {
    constructor(value_sets = []) {
        this.sets = new Map(value_sets.map(set => [set.url, set]));
        this.vs = Object.fromEntries(value_sets.map(set => [`vs-${set.id}`, set.url]));
        this.resolve = () => undefined;
        this.compiled = new Map();
        const one = value => (Array.isArray(value) ? value[0] : value);
        const data = item => (item && item.data !== undefined ? item.data : item);
        this.options = {
            ...options,
            userInvocationTable: {
                memberOf: {
                    fn: (inputs, url) => inputs.length === 1 ? [this.member(data(inputs[0]), one(url))] : [],
                    arity: {1: ['String']},
                },
                resolve: {
                    fn: inputs => inputs.flatMap(item => {
                        const value = data(item);
                        const found = this.resolve(typeof value === 'string' ? value : value && value.reference);
                        return found ? [found] : [];
                    }),
                    arity: {0: []},
                },
            },
        };
    }

    codes(url, seen = new Set()) {
        const set = this.sets.get(url);
        if (!set || seen.has(url)) return new Set();
        if (set.codes) return set.codes;
        seen.add(url);
        const codes = new Set();
        for (const part of (set.compose && set.compose.include) || []) {
            for (const concept of part.concept || []) codes.add(`${part.system}|${concept.code}`);
            for (const inner of part.valueSet || []) for (const code of this.codes(inner, seen)) codes.add(code);
        }
        return (set.codes = codes);
    }

    member(value, url) {
        const codings = value && value.coding ? value.coding : [value];
        const codes = this.codes(url);
        return codings.some(coding => coding && codes.has(`${coding.system}|${coding.code}`));
    }

    compile(expression, own_nodes) {
        const key = `${own_nodes} ${expression}`;
        if (!this.compiled.has(key))
            this.compiled.set(key, fhirpath.compile(expression, r4, {...this.options, resolveInternalTypes: !own_nodes}));
        return this.compiled.get(key);
    }

    /** The items as the engine's own nodes, for variables: they keep their types. Throws its errors. */
    nodes(expression, focus, variables) {
        return this.compile(expression, true)(focus, {...this.vs, ...variables});
    }

    answer(expression, focus, variables = {}) {
        try {
            return this.compile(expression, false)(focus, {...this.vs, ...variables}).map(shown);
        } catch (error) {
            return {error: String(error.message || error).split('\n')[0].slice(0, 200)};
        }
    }
}

module.exports = {Oracle};
