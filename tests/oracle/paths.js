// Paths: the element paths that a resource has, with their types by the R4 table, as FHIRPath writes them.
'use strict';
const fs = require('fs');

/** The R4 table: type -> {base, elements: {name: {types, many, choice}}}. */
function model(file) {
    const types = new Map();
    for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
        if (!line.includes('<')) continue;
        const [head, ...words] = line.split(' ').filter(Boolean);
        const [name, base] = head.split('<');
        const elements = {};
        for (const word of words) {
            const [left, right] = [word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1)];
            const element = left.replace('*', '').replace('[x]', '');
            elements[element] = {
                many: left.endsWith('*'),
                choice: left.includes('[x]'),
                types: right.split('|').map(type => (type === '.' ? `${name}.${element}` : type)),
            };
        }
        types.set(name, {base, elements});
    }
    const all = type => {
        const found = types.get(type);
        return found ? {...all(found.base), ...found.elements} : {};
    };
    return {all, has: type => types.has(type)};
}

/** [{path, type, many}] of everything in `resource`, in source order, without repeats. */
function paths(r4, resource) {
    const found = new Map();
    const walk = (node, type, path, many) => {
        if (node === null || typeof node !== 'object') return;
        const elements = r4.all(type);
        for (const [member, value] of Object.entries(node)) {
            let name = member, element = elements[member], kind = element && element.types[0];
            if (!element) {
                name = Object.keys(elements).find(n => elements[n].choice && member.startsWith(n));
                if (!name) continue;
                element = elements[name];
                kind = element.types.find(t => name + t[0].toUpperCase() + t.slice(1) === member);
                if (!kind) continue;
            }
            const below = path ? `${path}.${name}` : name;
            const several = many || element.many;
            for (const item of Array.isArray(value) ? value : [value]) {
                const here = kind === 'Resource' && item && item.resourceType ? item.resourceType : kind;
                const key = `${below} ${here}`;
                if (!found.has(key)) found.set(key, {path: below, type: here, many: several, choice: element.choice});
                if (below.split('.').length < 6) walk(item, here, below, several);
            }
        }
    };
    if (resource.resourceType) walk(resource, resource.resourceType, '', false);
    return [...found.values()];
}

module.exports = {model, paths};
