// One card on the screen: everything in it that a clinician sees or can act on.
import {rendered} from './markdown.mjs';

function made(name, properties, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
}

/** `accept(suggestion)` and `dismiss(reason)` are called on a click; `reason` is a Coding or undefined. */
export function cardView(card, {accept, dismiss}) {
    const source = card.source.url ? made('a', {href: card.source.url, textContent: card.source.label}) : card.source.label;
    const view = made('article', {className: `card ${card.indicator}`},
        made('h2', {textContent: card.summary}),
        made('div', {className: 'detail'}, ...card.detail ? rendered(card.detail) : []),
        made('p', {className: 'source'}, 'Source: ', source));
    view.dataset.uuid = card.uuid;
    view.dataset.topic = card.source.topic?.code ?? '';
    for (const suggestion of card.suggestions ?? []) {
        const button = made('button', {className: 'suggestion', textContent: suggestion.label, onclick: () => accept(suggestion)});
        button.dataset.uuid = suggestion.uuid;
        view.append(button);
    }
    const reasons = made('select', {className: 'reasons'}, made('option', {value: '', textContent: 'No reason'}),
        ...(card.overrideReasons ?? []).map(({code, display}) => made('option', {value: code, textContent: display})));
    const chosen = () => card.overrideReasons?.find(({code}) => code === reasons.value);
    const away = made('button', {className: 'dismiss', textContent: 'Dismiss', onclick: () => dismiss(chosen())});
    view.append(made('p', {}, reasons, away));
    view.append(made('ul', {className: 'links'}, ...(card.links ?? []).map(({label, url}) =>
        made('li', {}, made('a', {href: url, textContent: label})))));
    return view;
}
