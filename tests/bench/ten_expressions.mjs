// Times npm fhirpath on the expressions that fhirpath_bench times ours on; prints nanoseconds for all of them together.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(new URL('../oracle/package.json', import.meta.url));
const fhirpath = require('fhirpath');
const r4 = require('fhirpath/fhir-context/r4');

const here = new URL('.', import.meta.url);
const bundle = JSON.parse(readFileSync(new URL('data/asps.json', here))).prefetch.conditions;
const compiled = readFileSync(new URL('ten_expressions.txt', here), 'utf8').trim().split('\n')
    .map(expression => fhirpath.compile(expression, r4));

let items = 0;
const once = () => {
    items = 0;
    for (const evaluate of compiled) items += evaluate(bundle).length;
};
for (let i = 0; i < 200; ++i) once();
const rounds = 500, start = process.hrtime.bigint();
for (let i = 0; i < rounds; ++i) once();
console.log(`npm fhirpath, the same ten: ${Number((process.hrtime.bigint() - start) / BigInt(rounds))} ns, items=${items}`);
