// A FHIR resource from its JSON form to its XML form (https://hl7.org/fhir/R4/json.html#xml, read backwards).

const escaped = text => String(text).replace(/[&<>"\r\n\t]/g, c => `&#${c.charCodeAt(0)};`);

/** One element; `beside` is what JSON keeps in the member with an underscore: id and extensions of a primitive. */
function element(name, value, beside) {
    if (name === 'div') return value;
    if (value?.resourceType) return `<${name}>${resource(value, '')}</${name}>`;
    const isPrimitive = value === undefined || value === null || typeof value !== 'object';
    const content = isPrimitive ? beside ?? {} : value;
    let attributes = isPrimitive && value !== undefined && value !== null ? ` value="${escaped(value)}"` : '';
    const rest = {...content};
    for (const attribute of name === 'extension' || name === 'modifierExtension' ? ['id', 'url'] : ['id']) {
        if (rest[attribute] !== undefined) attributes = ` ${attribute}="${escaped(rest[attribute])}"${attributes}`;
        delete rest[attribute];
    }
    const inside = members(rest);
    return inside ? `<${name}${attributes}>${inside}</${name}>` : `<${name}${attributes}/>`;
}

/** The members in the order in which they stand: keep FHIR's order in the JSON, which asks for none. */
function members(object) {
    const names = [...new Set(Object.keys(object).map(name => name.replace(/^_/, '')))];
    return names.map(name => {
        const value = object[name], beside = object[`_${name}`];
        if (!Array.isArray(value) && !Array.isArray(beside)) return element(name, value, beside);
        const length = Math.max(value?.length ?? 0, beside?.length ?? 0);
        return Array.from({length}, (_, i) => element(name, value?.[i], beside?.[i])).join('');
    }).join('');
}

/** The resource as an element of its type. */
export function resource({resourceType, ...rest}, namespace = ' xmlns="http://hl7.org/fhir"') {
    // The id of a resource is an element, that of an element an attribute.
    return `<${resourceType}${namespace}>${members(rest)}</${resourceType}>`;
}
