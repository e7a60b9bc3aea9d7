// The client's JWT as CDS Hooks wants it: ES384, one for each call, `aud` the address that is called (W-1 … W-9).

const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const base64url = bytes => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const part = value => base64url(new TextEncoder().encode(JSON.stringify(value)));

/** A signer with a fresh key: { key: the public JWK, token(url) }. */
export async function newSigner(issuer) {
    const pair = await crypto.subtle.generateKey({name: 'ECDSA', namedCurve: 'P-384'}, false, ['sign', 'verify']);
    const {kty, crv, x, y} = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const key = {kty, crv, x, y, kid: crypto.randomUUID(), use: 'sig', alg: 'ES384'};
    return {
        key,
        async token(url) {
            const now = Math.floor(Date.now() / 1000);
            const head = part({alg: 'ES384', typ: 'JWT', kid: key.kid, jku: `${issuer}/jwks.json`});
            const signed = `${head}.${part({iss: issuer, aud: url, iat: now, exp: now + 300, jti: crypto.randomUUID()})}`;
            const algorithm = {name: 'ECDSA', hash: 'SHA-384'};
            const signature = await crypto.subtle.sign(algorithm, pair.privateKey, new TextEncoder().encode(signed));
            return `${signed}.${base64url(signature)}`;
        },
    };
}
