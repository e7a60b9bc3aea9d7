// Chromium driven over its debugging pipe: pages, what they show, what they send and what they complain of.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const patience = 20000;

/** The browser's path: $CHROMIUM, or what the system calls chromium; undefined without one. */
function chromiumPath() {
    if (process.env.CHROMIUM) return process.env.CHROMIUM;
    const folders = process.env.PATH.split(':');
    return folders.flatMap(folder => ['chromium', 'chromium-browser', 'google-chrome'].map(name => path.join(folder, name)))
        .find(file => fs.existsSync(file));
}

/** Starts a browser with a profile of its own. Gives { open(url), close() }. */
export async function startChromium() {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'asps-cds-chromium-'));
    const child = spawn(chromiumPath(), [
        '--headless=new', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--disable-gpu', '--disable-dev-shm-usage',
        '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        ...process.getuid() === 0 ? ['--no-sandbox'] : [], 'about:blank',  // Chromium's own sandbox refuses root
    ], {stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe']});
    const gone = new Promise(resolve => child.once('exit', resolve).once('error', resolve));
    const [, , complaints, send, receive] = child.stdio;
    const waiting = new Map(), listeners = new Map();
    let last = 0, rest = '', said = '';
    complaints.setEncoding('utf8').on('data', text => { said = (said + text).slice(-2000); });
    receive.setEncoding('utf8').on('data', text => {
        const messages = (rest + text).split('\0');
        rest = messages.pop();
        for (const message of messages.map(one => JSON.parse(one))) {
            if (!message.id) {
                listeners.get(message.sessionId)?.(message.method, message.params);
                continue;
            }
            const {resolve, reject} = waiting.get(message.id);
            waiting.delete(message.id);
            if (message.error) reject(new Error(message.error.message));
            else resolve(message.result);
        }
    });
    send.on('error', () => {});  // the browser went away: those who wait are told below
    gone.then(() => waiting.forEach(({reject}) => reject(new Error(`Chromium ended: ${said}`))));
    const call = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
        waiting.set(++last, {resolve, reject});
        send.write(`${JSON.stringify({id: last, method, params, sessionId})}\0`);
    });
    await call('Browser.getVersion');

    return {
        /** A page in a context of its own: no storage, cache or preflight is shared with others. */
        async open(url) {
            const {browserContextId} = await call('Target.createBrowserContext');
            const {targetId} = await call('Target.createTarget', {url: 'about:blank', browserContextId});
            const {sessionId} = await call('Target.attachToTarget', {targetId, flatten: true});
            const page = new Page((method, params) => call(method, params, sessionId),
                                  () => call('Target.disposeBrowserContext', {browserContextId}));
            listeners.set(sessionId, (method, params) => page.hear(method, params));
            for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.call(`${domain}.enable`);
            await page.go(url);
            return page;
        },
        async close() {
            await Promise.race([call('Browser.close').catch(() => {}), gone]);
            await gone;
            fs.rmSync(profile, {recursive: true, force: true, maxRetries: 5});
        },
    };
}

class Page {
    /** What the console or the browser reported as an error, uncaught exceptions too; what it warned of. */
    errors = [];
    warnings = [];
    /** Every request in order: { method, url, headers, isPreflight, status }. */
    requests = [];
    #loaded = () => {};

    constructor(call, close) {
        Object.assign(this, {call, close});
    }

    hear(method, params) {
        if (method === 'Page.loadEventFired') this.#loaded();
        if (method === 'Runtime.exceptionThrown') {
            const {text, exception} = params.exceptionDetails;
            this.errors.push(`${text} ${exception?.description ?? ''}`);
        }
        if (method === 'Runtime.consoleAPICalled' && ['error', 'assert', 'warning'].includes(params.type)) {
            this.#note(params.type, params.args.map(arg => arg.value ?? arg.description).join(' '));
        }
        if (method === 'Log.entryAdded') {
            const {level, text, url = ''} = params.entry;
            this.#note(level, `${text} ${url}`.trim());
        }
        if (method === 'Network.requestWillBeSent') {
            const {requestId, request, initiator} = params;
            const {method, url, headers} = request;
            this.requests.push({id: requestId, method, url, headers, isPreflight: initiator.type === 'preflight'});
        }
        if (method === 'Network.responseReceived') {
            const request = this.requests.find(one => one.id === params.requestId);
            if (request) request.status = params.response.status;
        }
    }

    #note(level, text) {
        if (level === 'warning') this.warnings.push(text);
        if (level === 'error' || level === 'assert') this.errors.push(text);
    }

    async go(url) {
        const loaded = new Promise(resolve => { this.#loaded = resolve; });
        const {errorText} = await this.call('Page.navigate', {url});
        if (errorText) throw new Error(`${url}: ${errorText}`);
        await loaded;
    }

    /** What `task(...given)` gives in the page; promises are awaited. */
    async evaluate(task, ...given) {
        const expression = `(${task})(...${JSON.stringify(given)})`;
        const options = {expression, awaitPromise: true, returnByValue: true};
        const {result, exceptionDetails} = await this.call('Runtime.evaluate', options);
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    /** Waits for the page to change until `question(...given)` is true. */
    async until(question, ...given) {
        const watch = `(() => new Promise((resolve, reject) => {
            const ask = () => (${question})(...${JSON.stringify(given)});
            if (ask()) return resolve();
            const watcher = new MutationObserver(() => { if (ask()) { watcher.disconnect(); resolve(); } });
            watcher.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
            const late = () => reject(new Error(${JSON.stringify(`still not so: ${question}\n`)} + document.body.innerText));
            setTimeout(late, ${patience});
        }))`;
        await this.evaluate(watch);
    }

    /** Clicks, and waits until the page has finished what that began: it counts its finished tasks in body[data-finished]. */
    async click(selector, text) {
        const before = await this.evaluate((selector, text) => {
            const found = [...document.querySelectorAll(selector)].find(one => !text || one.textContent === text);
            if (!found) throw new Error(`nothing to click: ${selector} ${text ?? ''}`);
            const before = document.body.dataset.finished;
            found.click();
            return before;
        }, selector, text);
        await this.until(before => document.body.dataset.finished !== before, before);
    }

    /** Chooses in a drop-down as a user does, and waits likewise. */
    async choose(selector, value) {
        const before = await this.evaluate((selector, value) => {
            const found = document.querySelector(selector), before = document.body.dataset.finished;
            found.value = value;
            if (found.value !== value) throw new Error(`no ${value} in ${selector}`);
            found.dispatchEvent(new Event('change', {bubbles: true}));
            return before;
        }, selector, value);
        await this.until(before => document.body.dataset.finished !== before, before);
    }
}
