// The part of GitHub Flavored Markdown that cards use, as elements: paragraphs, lists, bold, links, escapes. Text stays text.

/** Text nodes, <b> and <a> of one line; a backslash before punctuation takes its meaning away. */
function* inline(text) {
    const pattern = /\\([!-/:-@[-`{-~])|\*\*(.+?)\*\*|\[([^\]]+)\]\((https?:[^\s)]+)\)/g;
    let from = 0;
    for (const match of text.matchAll(pattern)) {
        yield document.createTextNode(text.slice(from, match.index));
        from = match.index + match[0].length;
        const [, escaped, bold, label, url] = match;
        if (escaped) yield document.createTextNode(escaped);
        else yield Object.assign(document.createElement(bold ? 'b' : 'a'), {textContent: bold ?? label}, url && {href: url});
    }
    yield document.createTextNode(text.slice(from));
}

/** The blocks of a card's detail. */
export function rendered(markdown) {
    return markdown.split(/\n{2,}/).map(block => {
        const lines = block.split('\n'), isList = lines.every(line => line.startsWith('- '));
        const element = document.createElement(isList ? 'ul' : 'p');
        if (!isList) element.append(...inline(lines.join(' ')));
        else element.append(...lines.map(line => {
            const item = document.createElement('li');
            item.append(...inline(line.slice(2)));
            return item;
        }));
        element.normalize();
        return element;
    });
}
