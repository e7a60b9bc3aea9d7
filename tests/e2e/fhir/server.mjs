// A FHIR R4 server over resources in memory: read, search by GET and POST, pages, JSON or XML, gzip, a bearer token, CORS.
import http from 'node:http';
import {randomUUID} from 'node:crypto';
import zlib from 'node:zlib';
import {parameters, search, SearchError} from './search.mjs';
import {resource as xml} from './xml.mjs';

const outcome = (code, diagnostics) => ({resourceType: 'OperationOutcome', issue: [{severity: 'error', code, diagnostics}]});

class Refused extends Error {
    constructor(status, code, diagnostics) {
        super(diagnostics);
        Object.assign(this, {status, body: outcome(code, diagnostics)});
    }
}

/** The best of what the client accepts; FHIR's own names and the plain ones (https://hl7.org/fhir/R4/http.html#mime-type). */
function mediaType(accept, offers) {
    const weights = {json: 0, xml: 0};
    for (const part of (accept || '*/*').split(',')) {
        const [type, ...options] = part.trim().toLowerCase().split(/\s*;\s*/);
        const weight = Number(options.find(option => option.startsWith('q='))?.slice(2) ?? 1);
        for (const offer of offers) {
            const names = [`application/fhir+${offer}`, `application/${offer}+fhir`, `application/${offer}`, `text/${offer}`];
            if (['*/*', 'application/*', ...names].includes(type)) {
                weights[offer] = Math.max(weights[offer], weight);
            }
        }
    }
    const best = offers.reduce((a, b) => weights[b] > weights[a] ? b : a);
    if (weights[best] === 0) throw new Refused(406, 'not-supported', `this server speaks ${offers.join(' and ')}`);
    return best;
}

/**
 * Starts a server on a free port of loopback. `resources`: what it holds. `token`: what a client must bear; none: open to all.
 * `pageSize`: most entries of a page, whatever _count says. `formats`: what it speaks, the preferred one first.
 * Gives { base, origin, requests, close() }; `requests` is what was asked, in order.
 */
export async function startFhirServer({resources, token, pageSize = 250, formats = ['json', 'xml']}) {
    const stored = new Map(Object.keys(parameters).map(type => [type, new Map()]));
    for (const one of resources) {
        const ofType = stored.get(one.resourceType);
        if (!ofType || !one.id || ofType.has(one.id)) throw new Error(`type unknown or id twice: ${one.resourceType}/${one.id}`);
        ofType.set(one.id, one);
    }
    const requests = [], pages = new Map();
    let base;

    /** One page of `found` from `from` on; the address of the next is opaque, as with most servers. */
    function page(found, from, size, self) {
        const bundle = {
            resourceType: 'Bundle', type: 'searchset', total: found.length, link: [{relation: 'self', url: self}],
            entry: found.slice(from, from + size).map(one => ({
                fullUrl: `${base}/${one.resourceType}/${one.id}`, resource: one, search: {mode: 'match'},
            })),
        };
        if (bundle.entry.length === 0) delete bundle.entry;
        if (size > 0 && from + size < found.length) {
            const id = randomUUID();
            pages.set(id, () => page(found, from + size, size, `${base}?_page=${id}`));
            bundle.link.push({relation: 'next', url: `${base}?_page=${id}`});
        }
        return bundle;
    }

    function answer(request, url, form) {
        const path = url.pathname.replace(/^\/fhir\/?/, '').split('/');
        if (path[0] === 'metadata') return capabilities(base, formats);
        if (token && request.headers.authorization !== `Bearer ${token}`) {
            throw new Refused(401, 'login', 'a bearer token is needed');
        }
        if (path[0] === '' && url.searchParams.has('_page')) {
            const next = pages.get(url.searchParams.get('_page'));
            if (!next) throw new Refused(410, 'not-found', 'no such page');
            return next();
        }
        const [type, id] = path, ofType = stored.get(type);
        if (!ofType || path.length > 2) throw new Refused(404, 'not-found', 'no such path');
        const query = [...url.searchParams, ...form ?? []].filter(([name]) => name !== '_format');
        if ((request.method === 'POST') !== (id === '_search')) {
            throw new Refused(405, 'not-supported', 'search is GET Type or POST Type/_search');
        }
        if (id !== undefined && id !== '_search') {
            const one = ofType.get(decodeURIComponent(id));
            if (!one) throw new Refused(404, 'not-found', `no such ${type}`);
            return one;
        }
        const asked = Number(new Map(query).get('_count') ?? pageSize);
        if (!Number.isInteger(asked) || asked < 0) throw new Refused(400, 'value', '_count: expected a number');
        try {
            const self = `${base}/${type}?${new URLSearchParams(query)}`;
            return page(search(type, [...ofType.values()], query, base), 0, Math.min(asked, pageSize), self);
        } catch (error) {
            if (error instanceof SearchError) throw new Refused(400, 'not-supported', error.message);
            throw error;
        }
    }

    async function serve(request, response) {
        const url = new URL(request.url, base);
        response.setHeader('Vary', 'Origin, Accept, Accept-Encoding');
        if (request.headers.origin) response.setHeader('Access-Control-Allow-Origin', request.headers.origin);
        if (request.method === 'OPTIONS') {
            response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
            response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, accept');
            response.writeHead(204).end();
            return;
        }
        let text = '', status = 200, body, form, format = 'json';
        for await (const part of request.setEncoding('utf8')) text += part;
        try {
            if (request.method === 'POST') {
                if (!/^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? '')) {
                    throw new Refused(415, 'not-supported', 'expected application/x-www-form-urlencoded');
                }
                form = new URLSearchParams(text);
            } else if (request.method !== 'GET') {
                throw new Refused(405, 'not-supported', 'this server is read only');
            }
            format = mediaType(request.headers.accept, formats);
            body = answer(request, url, form);
        } catch (error) {
            if (!(error instanceof Refused)) throw error;
            ({status, body} = error);
            if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
        }
        requests.push({
            method: request.method, path: url.pathname, query: `${url.search.slice(1)}${form ?? ''}`, status, format,
            origin: request.headers.origin, authorization: request.headers.authorization,
        });
        let bytes = Buffer.from(format === 'xml' ? xml(body) : JSON.stringify(body));
        if (/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers['accept-encoding'] ?? '')) {
            bytes = zlib.gzipSync(bytes);
            response.setHeader('Content-Encoding', 'gzip');
        }
        response.writeHead(status, {'Content-Type': `application/fhir+${format}; charset=utf-8`, 'Content-Length': bytes.length});
        response.end(bytes);
    }

    const server = http.createServer((request, response) => {
        serve(request, response).catch(error => {
            console.error('FHIR server:', error);
            response.writeHead(500).end();
        });
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${server.address().port}`;
    base = `${origin}/fhir`;
    return {
        base, origin, requests,
        close: () => new Promise(resolve => {
            server.close(resolve);
            server.closeAllConnections();
        }),
    };
}

/** What the server can do, from the table that search works with. */
function capabilities(base, format) {
    const types = {reference: 'reference', date: 'date', token: 'token'};
    return {
        resourceType: 'CapabilityStatement', status: 'active', date: '2026-11-27', kind: 'instance',
        implementation: {description: 'Invented patients for tests', url: base}, fhirVersion: '4.0.1', format,
        rest: [{
            mode: 'server',
            resource: Object.entries(parameters).map(([type, all]) => ({
                type, interaction: [{code: 'read'}, {code: 'search-type'}],
                searchParam: Object.entries(all).map(([name, {kind}]) => ({name, type: types[kind]})),
            })),
        }],
    };
}
