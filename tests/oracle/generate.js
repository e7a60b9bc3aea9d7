// Generate: random FHIRPath expressions that mostly mean something, from a seed: the same seed gives the same.
'use strict';

/** Numbers from 0 to 1 (mulberry32). */
function random(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

const kind_of = {
    boolean: 'boolean', integer: 'integer', positiveInt: 'integer', unsignedInt: 'integer', decimal: 'decimal', date: 'date',
    dateTime: 'dateTime', instant: 'dateTime', time: 'time', Quantity: 'quantity', Age: 'quantity', Duration: 'quantity',
};
for (const type of ['string', 'code', 'id', 'uri', 'url', 'canonical', 'oid', 'uuid', 'markdown', 'base64Binary'])
    kind_of[type] = 'string';

const literals = {
    boolean: ['true', 'false', '{}'],
    integer: ['0', '1', '2', '3', '-1', '7', '10', '100', '2147483647'],
    decimal: ['0.0', '1.0', '1.50', '0.5', '-2.25', '3.14159', '10.00', '100.001'],
    string: ["''", "'a'", "'abc'", "'ABC'", "' a b '", "'1'", "'1.50'", "'true'", "'2024-02-29'", "'12:30'", "'5 \\'mg\\''", "'a,b,c'",
        "'é1'", "'a\\nb'", "'[a-c]+'", "'<b> & \"c\"'", "'male'", "'official'", "'2 days'", "'2024-02-29T12:30:00Z'"],
    date: ['@2024', '@2024-02', '@2024-02-29', '@2023-12-31', '@1974-12-25', '@2026-01-15', 'today()'],
    dateTime: ['@2024T', '@2024-02T', '@2024-02-29T', '@2024-02-29T12', '@2024-02-29T12:30', '@2024-02-29T12:30:45',
        '@2024-02-29T12:30:45.123', '@2024-02-29T12:30:45.120Z', '@2024-02-29T23:30:00+02:00', '@2024-02-29T12:30-05:00', 'now()'],
    time: ['@T12', '@T12:30', '@T12:30:00', '@T12:30:45.100', '@T23:59:59.999', '@T00:00'],
    quantity: ["1 'cm'", "10 'mm'", "0.01 'm'", "4.0 'g'", "4000 'mg'", "5 'mg/dL'", "1 year", '12 months', '2 weeks', '14 days',
        "1 'wk'", "1 'a'", '3 hours', '90 minutes', '30 seconds', '1500 milliseconds', "1 'min'", "2 '1'", "3 '[lb_av]'", "1.50 'kg'", "37 'Cel'"],
    durations: ['1 year', '2 years', '1 month', '11 months', '1 week', '30 days', '36 hours', '90 minutes', '45 seconds', '250 milliseconds', "1 'd'", "1 's'"],
};
const types = ['Boolean', 'Integer', 'Decimal', 'String', 'Date', 'DateTime', 'Time', 'Quantity', 'boolean', 'integer', 'decimal', 'string',
    'code', 'uri', 'dateTime', 'date', 'CodeableConcept', 'Coding', 'HumanName', 'Period', 'Element', 'System.String', 'FHIR.string', 'System.Integer', 'System.Quantity', 'FHIR.Quantity'];
const scalars = ['boolean', 'integer', 'decimal', 'string', 'date', 'dateTime', 'time', 'quantity'];

class Generator {
    /** `paths` of paths.js; none for expressions on an empty focus. */
    constructor(seed, paths) {
        this.random = random(seed);
        this.paths = paths;
        this.by_kind = {};
        for (const path of paths) (this.by_kind[kind_of[path.type] || 'complex'] ??= []).push(path);
    }

    pick(list) { return list[Math.floor(this.random() * list.length)]; }
    chance(part) { return this.random() < part; }

    expression() {
        const kind = this.pick([...scalars, 'boolean', 'boolean', 'collection', 'collection', 'string', 'any']);
        return kind === 'any' ? this.any(3) : kind === 'collection' ? this.collection(3) : this.scalar(kind, 3);
    }

    any(depth) { return this.chance(0.4) ? this.collection(depth) : this.scalar(this.pick(scalars), depth); }

    /** A path of the resource whose items are of `kind`; undefined if it has none. */
    path(kind) {
        const list = this.by_kind[kind];
        if (!list) return undefined;
        const one = this.pick(list);
        return one.many && this.chance(0.85) ? `${one.path}${this.pick(['.first()', '[0]', '.last()', '[1]', '.take(1)'])}` : one.path;
    }

    leaf(kind) { return (this.chance(0.55) && this.path(kind)) || (this.chance(0.05) ? '{}' : this.pick(literals[kind])); }

    /** In parentheses unless it is a plain word, so that `.` and operators bind to all of it. */
    closed(text) { return /^[\w.]+(\(\))?$|^'[^']*'$/.test(text) ? text : `(${text})`; }
    on(kind, depth) { return this.closed(this.scalar(kind, depth)); }

    scalar(kind, depth) {
        if (depth <= 0 || this.chance(0.12)) return this.leaf(kind);
        if (this.chance(0.06))
            return `iif(${this.scalar('boolean', depth - 1)}, ${this.scalar(kind, depth - 1)}${this.chance(0.7) ? `, ${this.scalar(kind, depth - 1)}` : ''})`;
        if (this.chance(0.04)) return `${this.items(kind, depth)}.${this.pick(['first()', 'last()', 'single()', 'skip(1).first()'])}`;
        return this[kind](depth - 1);
    }

    boolean(d) {
        const kind = this.pick(scalars), other = this.chance(0.85) ? kind : this.pick(scalars);
        return this.pick([
            () => `${this.on(kind, d)} ${this.pick(['=', '!=', '~', '!~'])} ${this.on(other, d)}`,
            () => `${this.on(kind, d)} ${this.pick(['<', '<=', '>', '>='])} ${this.on(other, d)}`,
            () => `${this.on('boolean', d)} ${this.pick(['and', 'or', 'xor', 'implies'])} ${this.on('boolean', d)}`,
            () => `${this.on('boolean', d)}.not()`,
            () => `${this.items(kind, d)}.${this.pick(['empty()', 'exists()', 'isDistinct()', 'allTrue()', 'anyFalse()', 'count() > 1'])}`,
            () => `${this.items('boolean', d)}.${this.pick(['allTrue()', 'anyTrue()', 'allFalse()', 'anyFalse()'])}`,
            () => `${this.items(kind, d)}.${this.pick(['all', 'exists'])}(${this.criterion(kind, d)})`,
            () => `${this.items(kind, d)}.${this.pick(['subsetOf', 'supersetOf'])}(${this.items(other, d)})`,
            () => `${this.on(kind, d)} in ${this.items(kind, d)}`,
            () => `${this.items(kind, d)} contains ${this.on(kind, d)}`,
            () => `${this.items(kind, d)} ${this.pick(['=', '~', '!=', '!~'])} ${this.items(other, d)}`,
            () => `${this.on('string', d)}.${this.pick(['startsWith', 'endsWith', 'contains', 'matches', 'matchesFull'])}(${this.scalar('string', d)})`,
            () => `${this.on(kind, d)} is ${this.pick(types)}`,
            () => `${this.on(kind, d)}.is(${this.pick(types)})`,
            () => `${this.on(kind, d)}.convertsTo${this.pick(['Boolean', 'Integer', 'Decimal', 'String', 'Date', 'DateTime', 'Time', 'Quantity'])}()`,
            () => `${this.on(kind, d)}.toBoolean()`,
            () => `${this.on('quantity', d)}.comparable(${this.scalar('quantity', d)})`,
            () => `${this.path('complex') || 'name'}.hasValue()`,
            () => `${this.path(kind) || 'birthDate'}.hasValue()`,
            () => `${this.collection(d)} ${this.pick(['=', '~', '!='])} ${this.collection(d)}`,
        ])();
    }

    number(kind, d) {
        const op = this.pick(['+', '-', '*']);
        return `${this.on(kind, d)} ${op} ${this.on(kind, d)}`;
    }

    integer(d) {
        return this.pick([
            () => this.number('integer', d),
            () => `${this.on('integer', d)} ${this.pick(['div', 'mod'])} ${this.on('integer', d)}`,
            () => `${this.on('decimal', d)} div ${this.on('decimal', d)}`,
            () => `${this.collection(d)}.count()`,
            () => `${this.on('string', d)}.length()`,
            () => `${this.on('string', d)}.indexOf(${this.scalar('string', d)})`,
            () => `${this.on('decimal', d)}.${this.pick(['ceiling', 'floor', 'truncate'])}()`,
            () => `${this.on('integer', d)}.abs()`,
            () => `-${this.on('integer', d)}`,
            () => `${this.on(this.pick(scalars), d)}.toInteger()`,
            () => `${this.items('integer', d)}.aggregate($this + $total, 0)`,
            () => `${this.items('integer', d)}.aggregate(iif($total.empty() or $this > $total, $this, $total))`,
            () => `${this.on('integer', d)}.power(2)`,
        ])();
    }

    decimal(d) {
        return this.pick([
            () => this.number('decimal', d),
            () => `${this.on('decimal', d)} / ${this.on('decimal', d)}`,
            () => `${this.on('integer', d)} / ${this.on('integer', d)}`,
            () => `${this.on('decimal', d)} mod ${this.on('decimal', d)}`,
            () => `${this.on('decimal', d)}.round(${this.pick(['', '0', '1', '2', '3'])})`,
            () => `${this.on('decimal', d)}.${this.pick(['abs', 'exp', 'ln', 'sqrt'])}()`,
            () => `${this.on('decimal', d)}.${this.pick(['log(2)', 'log(10)', 'power(2)', 'power(0.5)', 'power(-1)'])}`,
            () => `${this.on(this.pick(scalars), d)}.toDecimal()`,
            () => `-${this.on('decimal', d)}`,
            () => `${this.on('integer', d)} ${this.pick(['+', '-', '*'])} ${this.on('decimal', d)}`,
            () => `${this.on('decimal', d)}.${this.pick(['lowBoundary', 'highBoundary'])}(${this.pick(['', '1', '3', '8'])})`,
            () => `${this.path('quantity') || "(1 'cm')"}.value`,
        ])();
    }

    string(d) {
        const s = () => this.on('string', d);
        return this.pick([
            () => `${s()} + ${s()}`,
            () => `${s()} & ${s()}`,
            () => `${s()}.substring(${this.pick(['0', '1', '2', '-1', '10'])}${this.pick(['', ', 1', ', 2', ', 0', ', 100'])})`,
            () => `${s()}.${this.pick(['upper', 'lower', 'trim'])}()`,
            () => `${s()}.replace(${this.scalar('string', d)}, ${this.scalar('string', d)})`,
            () => `${s()}.replaceMatches(${this.pick(["'[a-c]'", "'\\\\d+'", "'(a)(b)'", "'x*'", "'^a'"])}, ${this.pick(["'-'", "''", "'$1'", "'[$0]'"])})`,
            () => `${this.on(this.pick(scalars), d)}.toString()`,
            () => `${this.items('string', d)}.join(${this.pick(["','", "''", "' - '", ''])})`,
            () => `${s()}.split(${this.pick(["','", "'a'", "' '"])}).${this.pick(['last()', "join('|')", '[1]'])}`,
            () => `${s()}.encode(${this.pick(["'base64'", "'hex'", "'urlbase64'"])})`,
            () => `${s()}.encode('base64').decode('base64')`,
            () => `${s()}.escape(${this.pick(["'html'", "'json'"])})`,
            () => `${s()}.escape('html').unescape('html')`,
            () => `${s()}.toChars().${this.pick(['last()', "join('.')", 'distinct().count().toString()'])}`,
            () => `${this.collection(d)}.select(${this.pick(["$this is string", '$index', 'type().name'])}).first().toString()`,
        ])();
    }

    date(d) {
        return this.pick([
            () => `${this.on('date', d)} ${this.pick(['+', '-'])} ${this.pick(literals.durations)}`,
            () => `${this.on(this.pick(['dateTime', 'string', 'date']), d)}.toDate()`,
            () => `${this.on('date', d)}.${this.pick(['lowBoundary', 'highBoundary'])}(${this.pick(['', '4', '6', '8'])})`,
            () => this.leaf('date'),
        ])();
    }

    dateTime(d) {
        return this.pick([
            () => `${this.on('dateTime', d)} ${this.pick(['+', '-'])} ${this.pick(literals.durations)}`,
            () => `${this.on(this.pick(['dateTime', 'string', 'date']), d)}.toDateTime()`,
            () => `${this.on('dateTime', d)}.${this.pick(['lowBoundary', 'highBoundary'])}(${this.pick(['', '6', '8', '17'])})`,
            () => this.leaf('dateTime'),
        ])();
    }

    time(d) {
        return this.pick([
            () => `${this.on('time', d)} ${this.pick(['+', '-'])} ${this.pick(literals.durations.slice(6))}`,
            () => `${this.on(this.pick(['time', 'string']), d)}.toTime()`,
            () => this.leaf('time'),
        ])();
    }

    quantity(d) {
        return this.pick([
            () => `${this.on('quantity', d)} ${this.pick(['+', '-', '*', '/'])} ${this.on('quantity', d)}`,
            () => `${this.on(this.pick(['string', 'integer', 'decimal', 'quantity']), d)}.toQuantity(${this.pick(['', '', '', "'mg'"])})`,
            () => `${this.on('quantity', d)}.abs()`,
            () => `${this.on('quantity', d)} * ${this.on('decimal', d)}`,
            () => `-${this.on('quantity', d)}`,
            () => this.leaf('quantity'),
        ])();
    }

    criterion(kind, d) {
        const base = literals[kind] ? this.pick(literals[kind]) : "'a'";
        return this.pick([`$this = ${base}`, `$this != ${base}`, `$this > ${base}`, '$index > 0', '$this is String', '$this.toString().length() > 2',
            `${this.scalar('boolean', d - 1)}`, '$this.exists()']);
    }

    /** Several items of one scalar kind. */
    items(kind, d) {
        const list = this.by_kind[kind] && this.by_kind[kind].filter(p => p.many);
        if (list && list.length && this.chance(0.5)) return this.pick(list).path;
        const size = 1 + Math.floor(this.random() * 3);
        const parts = Array.from({length: size}, () => this.on(kind, d - 1));
        return this.chance(0.2) ? `(${parts[0]}).combine(${parts.at(-1)})` : `(${parts.join(' | ')})`;
    }

    collection(d) {
        const path = this.paths.length ? this.pick(this.paths) : undefined;
        const base = () => (path ? path.path : this.items(this.pick(scalars), d));
        if (d <= 0) return base();
        const c = () => this.collection(d - 1);
        const inside = p => {
            const prefix = `${p.path}.`, below = this.paths.filter(q => q.path.startsWith(prefix));
            return below.length ? this.pick(below).path.slice(prefix.length) : '$this';
        };
        const step = path ? inside(path) : '$this';
        return this.pick([
            base, base,
            () => `${base()}.where(${step}.${this.pick(['exists()', 'empty()', 'count() > 1', "first().toString() > 'a'"])})`,
            () => `${base()}.where(${this.criterion('string', d)})`,
            () => `${base()}.select(${step})`,
            () => `${base()}.select(${step}.${this.pick(['count()', 'first()', 'last()', 'exists()', 'type().name'])})`,
            () => `(${c()} | ${c()})`,
            () => `${base()}.${this.pick(['union', 'combine', 'intersect', 'exclude'])}(${c()})`,
            () => `${base()}.${this.pick(['distinct()', 'tail()', 'skip(1)', 'take(2)', 'first()', 'last()', 'single()', 'children()', 'descendants().count()', 'skip(-1)', 'take(0)'])}`,
            () => `${base()}.ofType(${this.chance(0.5) && path ? path.type.split('.')[0] : this.pick(types)})`,
            () => `${base()}.first() as ${path && !path.type.includes('.') ? path.type : this.pick(types)}`,
            () => `${base()}.as(${path && !path.type.includes('.') ? path.type : this.pick(types)})`,
            () => `${base()}.${this.pick(['extension', 'item', 'contained', 'entry.resource', 'coding', 'id'])}`,
            () => `${base()}.extension('http://x.example.org/a').value`,
            () => `repeat(${this.pick(['item', 'contained', 'concept', 'children()', 'extension', 'part'])}).${this.pick(['count()', 'id', 'code', 'first()', 'select($index)'])}`,
            () => `${base()}.select($index)`,
            () => `${base()}.trace('x').count()`,
            () => `${base()}.type()`,
            () => `(${base()}).select(iif($this.exists(), $index, {}))`,
            () => `${this.items(this.pick(scalars), d)}.${this.pick(['distinct()', 'tail()', 'first()', 'sort()', 'sort(-$this)', 'sort($this)', 'select($index)', 'intersect(1 | 2)', "exclude('a')"])}`,
        ])();
    }
}

module.exports = {Generator};
