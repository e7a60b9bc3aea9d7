// What an end-to-end test needs standing: a FHIR server, the service, and, for those who ask, pages and a browser.
import path from 'node:path';
import {startChromium} from './chromium.mjs';
import {startFhirServer} from './fhir/server.mjs';
import {startPageServer} from './page_server.mjs';
import {root} from './patients.mjs';
import {startService} from './service.mjs';

/** The token that the FHIR servers of these tests want. */
export const token = 'invented-access-token';

/**
 * Starts them. `patients`: whose records there are; `fhir`: options of the FHIR server; `made`: JSON for the pages, path → value;
 * `settings`: more of the service's, made from { fhir, pages }.
 * Gives { fhir, service, pages, browser, close() }; the service lists the FHIR server, and of origins that of the pages.
 */
export async function setStage({patients, fhir: options, made, settings}) {
    const standing = [];
    const add = one => {
        standing.unshift(one);
        return one;
    };
    const close = async () => {
        for (const one of standing) await one.close();
    };
    try {
        const fhir = add(await startFhirServer({token, resources: patients.flatMap(patient => patient.resources), ...options}));
        const pages = made && add(await startPageServer(path.join(root, 'tests/e2e/pages'), made));
        const service = add(await startService({
            cors: {origins: pages ? [pages.origin] : []}, fhir: {servers: [fhir.base], plainHttp: true}, ...settings?.({fhir, pages}),
        }));
        const browser = pages && add(await startChromium());
        return {fhir, service, pages, browser, close};
    } catch (error) {
        await close();
        throw error;
    }
}
