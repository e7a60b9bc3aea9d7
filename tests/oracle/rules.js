// Rules: every expression of config/asps on clinical cases, in both engines; variables are computed by each engine itself.
'use strict';
const fs = require('fs');
const path = require('path');
const {Oracle} = require('./oracle.js');

function below(folder) {
    return fs.readdirSync(folder, {withFileTypes: true}).sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap(entry =>
        entry.isDirectory() ? below(path.join(folder, entry.name)) : entry.name.endsWith('.json') ? [path.join(folder, entry.name)] : []);
}

/** What stands in the knowledge: variables by name, other expressions (also those within texts), value sets. */
function knowledge(folder) {
    const variables = new Map(), expressions = new Set(), sets = [];
    const walk = node => {
        if (typeof node === 'string') for (const [, text] of node.matchAll(/\{\{(.*?)\}\}/gs)) expressions.add(text);
        if (node === null || typeof node !== 'object') return;
        if (node.valueExpression && node.valueExpression.name) variables.set(node.valueExpression.name, node.valueExpression.expression);
        else if (node.language === 'text/fhirpath' && node.expression) expressions.add(node.expression);
        // The templates of prefetch queries have a language of their own (CDS Hooks).
        if (String(node.url).endsWith('cqf-fhirQueryPattern')) return;
        Object.values(node).forEach(walk);
    };
    for (const file of below(folder)) {
        const resource = JSON.parse(fs.readFileSync(file, 'utf8'));
        if (resource.resourceType === 'ValueSet') sets.push(resource);
        else walk(resource);
    }
    return {variables, expressions: [...expressions], sets};
}

/** RE2 writes a code point \\x{A0}, JavaScript \\u{A0}; (?s) is a flag there, which the oracle sets. */
const for_javascript = text => text.replaceAll('\\\\x{', '\\\\u{').replaceAll('(?s)', '');

/** What needs more than a chart: the plan, the activity, and the states of inputs. */
const needs_more = /%(plan|activity|action|missing|failed|paged|unavailable|hook)\b/;

/** One result for each variable and expression on every `step`th case. */
function results(root, ours, charts) {
    const {variables, expressions, sets} = knowledge(path.join(root, 'config/asps'));
    const clinical = path.join(root, 'tests/clinical');
    const all = below(clinical).map(file => path.relative(clinical, file)).filter(name => !name.startsWith('resources') && path.basename(name) !== 'topics.json');
    const cases = charts ? all.filter((_, i) => i % Math.max(1, Math.floor(all.length / charts)) === 0) : [];
    const names = [...variables.keys()];
    const outside = new Set();
    for (let grown = true; grown;) {
        grown = false;
        for (const name of names) {
            const text = variables.get(name);
            const used = [...text.matchAll(/%(\w+)/g)].map(match => match[1]);
            if (outside.has(name) || !(needs_more.test(text) || used.some(one => outside.has(one)))) continue;
            outside.add(name);
            grown = true;
        }
    }
    const asked = [
        ...names.filter(name => !outside.has(name)).map(name => `%${name}`),
        ...expressions.filter(text => !needs_more.test(text) && ![...text.matchAll(/%(\w+)/g)].some(match => outside.has(match[1]))),
    ];
    const data = ours(cases.map(chart => ({chart})));
    const answers = ours(cases.flatMap(chart => asked.map(expression => ({chart, expression}))));
    const oracle = new Oracle(sets);
    return cases.flatMap((chart, c) => {
        const {context, inputs} = data[c];
        const resources = Object.values(inputs).flat();
        oracle.resolve = reference => resources.find(one => reference && reference.endsWith(`${one.resourceType}/${one.id}`));
        const known = {...inputs, context};
        // A variable that a variable names first comes first; its items keep their FHIR types (resolveInternalTypes off).
        const compute = name => {
            if (name in known || !variables.has(name)) return;
            const text = variables.get(name);
            for (const match of text.matchAll(/%(\w+)/g)) if (match[1] !== name) compute(match[1]);
            known[name] = oracle.nodes(for_javascript(text), context, known);
        };
        return asked.map((expression, i) => {
            let theirs;
            try {
                for (const match of expression.matchAll(/%(\w+)/g)) compute(match[1]);
                theirs = oracle.answer(for_javascript(expression), context, known);
            } catch (error) {
                theirs = {error: String(error.message)};
            }
            return {chart, expression: variables.get(expression.slice(1)) ?? expression, ours: answers[c * asked.length + i], theirs};
        });
    });
}

module.exports = {results};
