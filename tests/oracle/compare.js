// Compare: asks our engine and the oracle the same questions; fails on a difference that no class of differences.js explains.
//   node compare.js PATH/oracle_answers [--count N] [--seed N] [--show CLASS|all]
'use strict';
const fs = require('fs');
const path = require('path');
const {spawnSync} = require('child_process');
const {Oracle} = require('./oracle.js');
const {Generator} = require('./generate.js');
const {classes} = require('./differences.js');
const {model, paths} = require('./paths.js');
const rules = require('./rules.js');

const root = path.join(__dirname, '..', '..');
const option = (name, otherwise) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : process.argv[at + 1];
};
const program = path.resolve(process.argv[2]);
const count = Number(option('count', 6000)), seed = Number(option('seed', 20261127)), show = option('show');

/** Our answers, in order. */
function ours(questions) {
    if (questions.length === 0) return [];
    const input = questions.map(question => JSON.stringify(question)).join('\n') + '\n';
    const run = spawnSync(program, {input, cwd: root, maxBuffer: 1 << 30, encoding: 'utf8'});
    if (run.status !== 0) throw new Error(`${program} ended with ${run.status ?? run.signal}: ${run.stderr}`);
    return run.stdout.trimEnd().split('\n').map(line => JSON.parse(line));
}

/** Equal as JSON; numbers to 12 digits. */
function same(a, b) {
    if (typeof a === 'number' && typeof b === 'number') return a === b || Number(a.toPrecision(12)) === Number(b.toPrecision(12));
    if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
    if (a.error !== undefined || b.error !== undefined) return a.error !== undefined && b.error !== undefined;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every(key => key in b && same(a[key], b[key]));
}

const json = file => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
const files = folder => fs.readdirSync(path.join(root, folder)).filter(name => name.endsWith('.json')).sort().map(name => path.join(folder, name));

function generated() {
    const suite = process.env.FHIRPATH_SUITE ? path.join(process.env.FHIRPATH_SUITE, 'input') : '../shared/fhirpath-suite/input';
    let inputs = files('tests/clinical/resources');
    if (fs.existsSync(path.resolve(root, suite))) {
        const more = fs.readdirSync(path.resolve(root, suite)).filter(name => name.endsWith('.json')).sort().map(name => path.resolve(root, suite, name));
        inputs = [...more, ...more, ...more, ...inputs];  // they are the richest
    } else {
        console.log(`skipped: no inputs of the FHIRPath suite in ${suite}`);
    }
    const r4 = model(path.join(root, 'fhir/fhir-r4.model'));
    const generators = inputs.map((input, i) => {
        const resource = JSON.parse(fs.readFileSync(path.resolve(root, input), 'utf8'));
        return {input, resource, generator: new Generator(seed * 1000 + i, paths(r4, resource))};
    });
    generators.push({generator: new Generator(seed * 1000 + 999, [])});
    const seen = new Set(), questions = [];
    for (let i = 0; questions.length < count; ++i) {
        const {input, resource, generator} = generators[i % generators.length];
        const expression = generator.expression();
        if (expression.length > 300 || seen.has(`${input} ${expression}`)) continue;
        seen.add(`${input} ${expression}`);
        questions.push({input, expression, resource});
    }
    const oracle = new Oracle();
    const answers = ours(questions.map(({input, expression}) => ({input, expression})));
    return questions.map(({input, expression, resource}, i) =>
        ({input, expression, ours: answers[i], theirs: oracle.answer(expression, resource ?? [])}));
}

const started = process.hrtime.bigint();
const results = [...generated(), ...rules.results(root, ours, Number(option('charts', 8)))];
const found = new Map(), unexplained = [];
let equal = 0, errors = 0, empty = 0;
for (const result of results) {
    if (same(result.ours, result.theirs)) {
        ++equal;
        if (result.ours.error !== undefined) ++errors;
        else if (result.ours.length === 0) ++empty;
        continue;
    }
    const known = classes.find(one => one.matches(result));
    if (!known) unexplained.push(result);
    else found.set(known.name, (found.get(known.name) || 0) + 1);
    if (show && known && (show === 'all' || show === known.name)) print(result);
}

function print({input, chart, expression, ours, theirs}) {
    const short = value => JSON.stringify(value).slice(0, 300);
    console.log(`${input ? path.basename(input) : chart || '-'}: ${expression}\n    ours   ${short(ours)}\n    theirs ${short(theirs)}`);
}

unexplained.slice(0, Number(option('limit', 40))).forEach(print);
for (const one of classes) if (found.has(one.name)) console.log(`${String(found.get(one.name)).padStart(6)}  ${one.name}`);
console.log(`${results.length} expressions, seed ${seed}: ${equal} alike (${errors} errors, ${empty} empty), ` +
    `${results.length - equal - unexplained.length} differ as differences.md says, ${unexplained.length} unexplained; ${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)} s`);
process.exit(unexplained.length ? 1 : 0);
