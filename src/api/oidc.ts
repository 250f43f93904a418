import { sql } from 'kysely';
import * as client from 'openid-client';
import { Failure } from '../core/failure.ts';
import type { ServeConfig } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import { hashSecret, newSecret } from './principal.ts';

/** Sign-in at an identity provider: OpenID Connect, authorization code flow with PKCE (RFC 7636) and a nonce. */
export interface Oidc {
  /** Where the browser is sent, and the secret by which its return is recognised. */
  begin(): Promise<{ url: string; attempt: string }>;
  /** The user who came back. Throws not_signed_in, and not_allowed for people who are no users here. */
  finish(url: URL, attempt: string): Promise<string>;
}

const ATTEMPT_MINUTES = 10;

/** Learns from the issuer where it is; throws Failure('configuration') when it does not answer. */
export async function openOidc(db: Database, { public_url, oidc }: ServeConfig & { oidc: NonNullable<ServeConfig['oidc']> }): Promise<Oidc> {
  const issuer = new URL(oidc.issuer);
  const local = issuer.protocol === 'http:' && (issuer.hostname === 'localhost' || issuer.hostname === '127.0.0.1');
  const provider = await client.discovery(issuer, oidc.client_id, undefined, oidc.client_secret === null ? client.None() : client.ClientSecretBasic(oidc.client_secret), local ? { execute: [client.allowInsecureRequests] } : {})
    .catch((error: unknown) => { throw new Failure('configuration', `the identity provider ${oidc.issuer} does not answer: ${(error as Error).message}`, null, error); });
  const redirect_uri = `${public_url}/api/sign-in/oidc/callback`;

  async function begin(): Promise<{ url: string; attempt: string }> {
    const attempt = newSecret();
    const [nonce, code_verifier] = [client.randomNonce(), client.randomPKCECodeVerifier()];
    await sql`delete from oidc_attempt where expires_at < now()`.execute(db.kysely);
    await sql`insert into oidc_attempt (hash, nonce, code_verifier, expires_at)
      values (${hashSecret(attempt)}, ${nonce}, ${code_verifier}, now() + make_interval(mins => ${ATTEMPT_MINUTES}))`.execute(db.kysely);
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri, scope: 'openid', nonce, state: hashSecret(attempt).toString('base64url'), code_challenge: await client.calculatePKCECodeChallenge(code_verifier), code_challenge_method: 'S256',
    });
    return { url: url.href, attempt };
  }

  async function finish(url: URL, attempt: string): Promise<string> {
    const { rows: [asked] } = await sql<{ nonce: string; code_verifier: string }>`
      delete from oidc_attempt where hash = ${hashSecret(attempt)} and expires_at > now() returning nonce, code_verifier`.execute(db.kysely);
    if (!asked) throw new Failure('not_signed_in', 'this sign-in was not begun here, or too long ago; begin again');
    const tokens = await client.authorizationCodeGrant(provider, new URL(`${redirect_uri}${url.search}`), {
      pkceCodeVerifier: asked.code_verifier, expectedNonce: asked.nonce, expectedState: hashSecret(attempt).toString('base64url'), idTokenExpected: true,
    }).catch((error: unknown) => { throw new Failure('not_signed_in', 'the identity provider did not confirm the sign-in', null, error); });
    const subject = tokens.claims()!.sub;
    const user = await db.kysely.selectFrom('app_user').select(['user_id', 'disabled']).where('oidc_subject', '=', subject).executeTakeFirst();
    if (!user || user.disabled) throw new Failure('not_allowed', 'the identity provider knows you, but you are no user here; an administrator can add you with your subject');
    return user.user_id;
  }

  return { begin, finish };
}
