// Prefetch as an EHR does it: templates filled in, asked of its FHIR server, what failed left out (P-1 … P-6).

/** A template with its context tokens filled in. */
export function filledIn(template, context) {
    return template.replace(/{{\s*context\.(\w+)\s*}}/g, (_, name) => encodeURIComponent(context[name]));
}

/** The results of `templates` (key → template) but for the keys `left out`; null for what is not there (P-5). */
export async function prefetched(templates, context, fhir, leftOut) {
    const wanted = Object.entries(templates ?? {}).filter(([key]) => !leftOut.includes(key) && !leftOut.includes('all'));
    const results = await Promise.all(wanted.map(async ([key, template]) => {
        const response = await fetch(`${fhir.base}/${filledIn(template, context)}`, {
            headers: {Accept: 'application/fhir+json', Authorization: `Bearer ${fhir.token}`},
        });
        if (response.status === 404 || response.status === 410) return [key, null];
        return response.ok ? [key, await response.json()] : undefined;
    }));
    return Object.fromEntries(results.filter(Boolean));
}
