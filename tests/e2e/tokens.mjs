// Signed tokens as an EHR's back end makes them (CDS Hooks, "Trusting CDS Clients"), with a key pair of their own.
import crypto from 'node:crypto';

/** A client: { jwks, token({audience, at (ms since 1970), kid}) }. Each token has an id of its own and lives five minutes. */
export function tokenClient(issuer) {
    const {privateKey, publicKey} = crypto.generateKeyPairSync('ec', {namedCurve: 'P-384'});
    const known = 'key-1';
    const part = value => Buffer.from(JSON.stringify(value)).toString('base64url');
    return {
        jwks: {keys: [{...publicKey.export({format: 'jwk'}), kid: known, use: 'sig', alg: 'ES384'}]},
        token({audience, at = Date.now(), kid = known}) {
            const iat = Math.floor(at / 1000);
            const text = `${part({alg: 'ES384', typ: 'JWT', kid})}.${part({
                iss: issuer, aud: audience, iat, exp: iat + 300, jti: crypto.randomUUID(),
            })}`;
            const signature = crypto.sign('sha384', Buffer.from(text), {key: privateKey, dsaEncoding: 'ieee-p1363'});
            return `${text}.${signature.toString('base64url')}`;
        },
    };
}
