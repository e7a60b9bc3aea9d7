// Differences: the classes of differences.md as predicates over {expression, ours, theirs}; the first that matches counts.
'use strict';

const failed = answer => answer.error !== undefined;
const theirs_says = pattern => ({theirs}) => failed(theirs) && pattern.test(theirs.error);

const text = answer => JSON.stringify(answer);
/** Both have answers, which become equal by `plain`. */
const equal_by = plain => ({ours, theirs}) => !failed(ours) && !failed(theirs) && plain(text(ours)) === plain(text(theirs));
const rounded = all => all.replace(/-?\d+\.\d+(e[-+]?\d+)?/g, number => String(Number(Number(number).toPrecision(12))));
const in_expression = pattern => ({expression}) => pattern.test(expression);
const both = (a, b) => result => a(result) && b(result);

// What an operand may contain for a class to hold; expressions are nested, so these look for the word anywhere.
const has_units = /'(cm|mm|m|g|kg|mg|mg\/dL|wk|a|min|1|\[lb_av\]|Cel|d|s)'|\b(year|month|week|day|hour|minute|second|millisecond)s?\b|toQuantity|value/;

const classes = [
    {name: 'oracle-not-a-number', matches: ({theirs}) => Array.isArray(theirs) && theirs.includes(null)},
    {name: 'oracle-lacks-function', matches: theirs_says(/^Not implemented/)},
    {name: 'oracle-sign-of-empty', matches: theirs_says(/Unary [-+] can only/)},
    {name: 'oracle-comparable-of-empty',
        matches: both(in_expression(/comparable\(/), theirs_says(/Singleton was expected: Was expecting only one element but got \[\]/))},
    {name: 'keyword-after-dot', matches: both(in_expression(/\.div\b/), theirs_says(/mismatched input 'div'/))},
    {name: 'time-plus-days', matches: theirs_says(/^Unsupported unit for \+\.  The unit should be one of hour/)},
    {name: 'boundaries', matches: in_expression(/(low|high)Boundary\(/)},
    {name: 'booleans-have-no-order', matches: ({ours}) => failed(ours) && /no common order/.test(ours.error)},
    {name: 'zone-and-designator', matches: equal_by(all => all.replace(/(\d)T(?=["\\|,])/g, '$1').replace(/(\.000)?(Z|[-+]\d\d:\d\d)(?=")/g, ''))},
    {name: 'zone-after-arithmetic', matches: ({expression, theirs}) => /@?\d{4}-\d\d-\d\dT?|[dD]ate|now\(\)|[+-]/.test(expression) &&
        !failed(theirs) && /T\d\d:?[\d:.]*-00:00/.test(text(theirs))},
    {name: 'length-of-now', matches: in_expression(/now\(\).*(toString|length|&)/)},
    {name: 'written-scale', matches: equal_by(rounded)},
    {name: 'calendar-plural', matches: equal_by(all => rounded(all).replace(/(year|month|week|day|hour|minute|second|millisecond)s\b/g, '$1'))},
    {name: 'age-is-in-years', matches: equal_by(all => rounded(all).replace(/ years?\b/g, " 'a'"))},
    {name: 'replacement-groups', matches: in_expression(/replaceMatches\(/)},
    {name: 'real-functions', matches: in_expression(/\.(log|ln|exp|power|sqrt)\(/)},
    {name: 'type-of-type', matches: in_expression(/type\(\)\.select\(type\(\)|type\(\)\.type\(\)|\.type\(\)/)},
    {name: 'whole-decimals', matches: both(in_expression(/\d\.\d|\/|[dD]ecimal|round|\.value\b/), in_expression(/toInteger|is\(?\s*(System\.)?(Integer|Decimal)|type\(\)|precision|toString|Integer/))},
    {name: 'quantity-members', matches: in_expression(/\('?\d[^)]*'\w+'\)\.value|\(1 'cm'\)\.value/)},
    {name: 'products-of-units', matches: both(({ours, theirs}) => /'[^']*[.\/\d][^']*'/.test(text(ours) + text(theirs)), in_expression(/[*\/]/))},
    {name: 'incommensurable-units', matches: both(in_expression(has_units), ({expression, ours, theirs}) => !failed(theirs) && /!?=|[<>~]| in | contains |comparable|distinct|subsetOf|supersetOf|intersect|[-+]/.test(expression))},
    {name: 'calendar-and-ucum', matches: both(in_expression(/'(a|wk|d|min|s|1)'/), in_expression(/comparable|[-+<>=~]|distinct/))},
    {name: 'special-units', matches: in_expression(/'Cel'/)},
    {name: 'primitives-match-exactly', matches: in_expression(/(ofType|as)\(?\s*(FHIR\.|System\.)?(string|uri|integer|Boolean|Integer|Decimal|String|Date|DateTime|Time)\b/)},
    {name: 'hexadecimal-case', matches: both(in_expression(/encode\('hex'\)/), ({ours, theirs}) => text(ours).toLowerCase() === text(theirs).toLowerCase())},
    {name: 'date-equals-dateTime', matches: both(in_expression(/(children|descendants)\(\)/), in_expression(/count|distinct|repeat/))},
    {name: 'negative-skip-and-take', matches: in_expression(/(skip|take)\(-/)},
    {name: 'text-of-complex-elements', matches: in_expression(/toString\(\)/)},
    {name: 'encode-is-utf8', matches: in_expression(/encode\(/)},
    {name: 'subset-is-of-values', matches: in_expression(/(subset|superset)Of\(/)},
    {name: 'extension-type', matches: in_expression(/extension/)},
    {name: 'truth-decided-by-one-side', matches: both(({ours, theirs}) => failed(theirs) && !failed(ours), in_expression(/ (and|or|implies) |iif\(/))},
    {name: 'many-items-are-an-error', matches: ({ours}) => failed(ours) && /takes one item, there are many|one item on each side/.test(ours.error)},
    {name: 'quantity-and-number', matches: ({ours}) => failed(ours) && /do not go with this operator/.test(ours.error)},
    {name: 'oracle-cannot-divide-units', matches: both(in_expression(/[*\/]/), in_expression(has_units))},
    {name: 'timestamp-to-date', matches: in_expression(/timestamp|instant|issued/)},
    {name: 'upper-is-ascii', matches: both(in_expression(/(upper|lower)\(\)/), ({ours, theirs}) => text(ours).toUpperCase() === text(theirs).toUpperCase())},
    {name: 'year-is-no-number', matches: in_expression(/toDecimal|toInteger/)},
    {name: 'small-decimals', matches: in_expression(/2147483647|\//)},
    {name: 'order-of-zoned-and-local', matches: in_expression(/now\(\)|T\d\d/)},
    {name: 'empty-operand', matches: ({ours, theirs}) => text(ours) === '[]' && failed(theirs) && /^Expected (number|string)/.test(theirs.error)},
    {name: 'lists-of-partial-dates', matches: both(in_expression(/@\d{4}.*(combine|\|)/), ({ours, expression}) => text(ours) === '[]' && /!?=/.test(expression))},
    {name: 'sort-of-incomparable', matches: theirs_says(/^Cannot sort incomparable|^Sort expression/)},
];

module.exports = {classes};
