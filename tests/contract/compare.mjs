// The contract's schemas asked of ajv and of our validator, on the samples and on what becomes of them when one place
// changes; then the OpenAPI document, by a checker of OpenAPI 3.1: node compare.mjs PATH/contract_answers
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import {Validator} from '@seriousme/openapi-schema-validator';

const [program] = process.argv.slice(2);
const here = new URL('.', import.meta.url).pathname;
const json = path => JSON.parse(readFileSync(path, 'utf8'));
const names = ['discovery', 'request', 'response', 'feedback', 'outcome'];
const samples = Object.fromEntries(names.map(name => [name, json(`${here}${name}.json`)]));

/** What may stand in any place: the values a constraint could be wrong about. */
const others = [null, true, 0, 1, -1, 1.5, '', ' ', 'x', 'a/b', 'Patient/1', '<b>', '{{context.userId}}', '{{context.draftOrders}}',
    'Condition?a={{today()}}', 'https://x.example.org/', 'http://x', '3.0.0', '2.0', 'x'.repeat(139), 'x'.repeat(140), '\u{1F600}'.repeat(139),
    'create', 'update', 'delete', 'smart', 'absolute', 'any', 'accepted', 'overridden', 'info', 'Bundle', 'patient-view', 'order-sign',
    'encounter-start', 'problem-list-item-create', 'appointment-book', 'order-dispatch', '2026-01-15T12:00:00Z',
    [], {}, [null], [''], {a: null}, {resourceType: 'Bundle'}, {resourceType: 'X', a: [null, 1]}, {code: 'c', system: 's'}];

/** Every version of `value` with one place changed, taken away or added. */
function* changed(value) {
    yield* others;
    if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) {
            yield value.filter((_, j) => j !== i);
            for (const other of changed(item)) yield value.map((one, j) => (j === i ? other : one));
        }
    } else if (value && typeof value === 'object') {
        for (const name of ['unknown', 'resource', 'extension', 'version']) {
            for (const other of [null, {}, 'x', '3.0.0', {a: 1}]) yield {...value, [name]: other};
        }
        for (const name of Object.keys(value)) {
            const {[name]: item, ...rest} = value;
            yield rest;
            for (const other of changed(item)) yield {...value, [name]: other};
        }
    }
}

const questions = names.flatMap(name => [samples[name], ...changed(samples[name])].map(document => [name, document]));
const ours = execFileSync(program, {input: questions.map(one => JSON.stringify(one) + '\n').join(''), maxBuffer: 2 ** 28})
    .toString().trimEnd().split('\n');

const openapi = JSON.parse(execFileSync(program, ['openapi']).toString());
const ajv = new Ajv2020({strict: false, allErrors: false});
ajv.addSchema(openapi, 'openapi', false, false);
const schemas = Object.fromEntries(names.map(name => [name, ajv.compile(json(`${here}../../hooks/contract/${name}.schema.json`))]));
const inside = {discovery: 'Discovery', request: 'Request', response: 'Response', outcome: 'OperationOutcome', feedback: 'Feedback'};
const embedded = Object.fromEntries(Object.entries(inside).filter(([, name]) => name in openapi.components.schemas)
    .map(([name, component]) => [name, ajv.compile({$ref: `openapi#/components/schemas/${component}`})]));

const differences = [];
const count = {valid: 0, invalid: 0};
questions.forEach(([name, document], i) => {
    const right = schemas[name](document);
    ++count[right ? 'valid' : 'invalid'];
    const same = (ours[i] === 'valid') === right && (!embedded[name] || embedded[name](document) === right);
    if (!same) differences.push(`${name}: ajv ${right ? 'valid' : ajv.errorsText(schemas[name].errors)}; ours ${ours[i]}; ${JSON.stringify(document)}`);
});
for (const one of differences.slice(0, 20)) console.log(one);
console.log(`contract: ${questions.length} documents, ${count.valid} valid, ${count.invalid} invalid, ${differences.length} judged otherwise than by ajv`);

const described = await new Validator().validate(openapi);
console.log(`openapi.json: ${described.valid ? 'valid OpenAPI ' + openapi.openapi : JSON.stringify(described.errors, null, 2)}`);
process.exit(differences.length === 0 && ours.length === questions.length && count.valid > 100 && count.invalid > 1000 && described.valid ? 0 : 1);
