import { type CryptoKey, exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityTokens } from '../../src/http/identity-token.ts'
import { type OidcIssuer, startOidcIssuer } from '../oidc-issuer.ts'

const seconds = () => Math.floor(Date.now() / 1_000)
let issuer: OidcIssuer

beforeAll(async () => {
  issuer = await startOidcIssuer()
})
afterAll(() => issuer.stop())

test('a token of the CI names the person, and the keys are asked for once', async () => {
  const verify = identityTokens()
  const before = issuer.asked()
  expect(await verify(await issuer.token(), issuer.identity())).toEqual({ user: 'U0DANA' })
  expect(await verify(await issuer.token({ actor: 'alice-dev' }), issuer.identity())).toEqual({ user: 'U0ALICE' })
  expect(issuer.asked() - before).toBe(1)
})

test.each(['somebody-else', 'constructor', '', 'DANA-DEV', ['dana-dev']])('%o is nobody in Slack', async (actor) => {
  expect(await identityTokens()(await issuer.token({ actor }), issuer.identity())).toEqual({ user: undefined })
})

test.each([
  ['for another audience', { aud: 'elsewhere' }, 'its claim aud does not hold'],
  ['without an audience', { aud: undefined }, 'its claim aud does not hold'],
  ['of another issuer', { iss: 'https://elsewhere.example.com' }, 'its claim iss does not hold'],
  ['that has expired', { exp: seconds() - 120 }, 'it has expired'],
  ['that never expires', { exp: undefined }, 'its claim exp does not hold'],
  ['that is not valid yet', { nbf: seconds() + 120 }, 'its claim nbf does not hold'],
  ['of the future', { iat: seconds() + 600 }, 'its claim iat does not hold'],
  ['of another repository', { sub: 'repo:evil/web:ref:refs/heads/main' }, 'its claim sub is not one'],
  ['without a subject', { sub: undefined }, 'its claim sub does not hold'],
])('a token %s is refused', async (_, claims, why) => {
  const identified = await identityTokens()(await issuer.token(claims as JWTPayload), issuer.identity())
  expect(identified).toEqual({ refused: 'identity_refused', why: expect.stringContaining(why) })
})

test('a further claim has to fit as well, and to be there', async () => {
  const identity = issuer.identity({ claims: { ref: 'refs/heads/main' } })
  const verify = identityTokens()
  expect(await verify(await issuer.token({ ref: 'refs/heads/main' }), identity)).toEqual({ user: 'U0DANA' })
  for (const ref of ['refs/heads/main2', undefined, ['refs/heads/main']]) {
    expect(await verify(await issuer.token({ ref }), identity)).toMatchObject({ why: expect.stringContaining('ref') })
  }
})

test('a token that nobody signed, or somebody else, or with the public key as a secret, is refused', async () => {
  const identity = issuer.identity()
  const claims = { sub: 'repo:shop/web', actor: 'dana-dev' }
  const unsigned = new UnsecuredJWT(claims).setIssuer(issuer.url).setAudience('rollcall').setIssuedAt()
  const { privateKey } = await generateKeyPair('ES256')
  const { keys } = (await (await fetch(identity.keys)).json()) as { keys: [{ kid: string }] }
  const pem = await exportSPKI((await importJWK(keys[0], 'ES256', { extractable: true })) as CryptoKey)
  const signed = (alg: string) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, kid: 'one' })
      .setIssuer(issuer.url)
      .setAudience('rollcall')
      .setIssuedAt()
      .setExpirationTime('5m')
  const genuine = await issuer.token()
  const forged = [
    unsigned.setExpirationTime('5m').encode(),
    await signed('ES256').sign(privateKey),
    await signed('HS256').sign(new TextEncoder().encode(pem)),
    await issuer.token({}, { kid: 'two' }),
    `${genuine.slice(0, -8)}AAAAAAAA`,
    genuine.split('.').slice(0, 2).join('.'),
    'x'.repeat(10_000),
  ]
  const verify = identityTokens()
  for (const token of forged) expect(await verify(token, identity)).toMatchObject({ refused: 'identity_refused' })
  const other = issuer.identity({ algorithms: ['RS256'] })
  expect(await verify(genuine, other)).toMatchObject({ why: expect.stringContaining('not allowed') })
})

test.each([
  ['are too many bytes', (response: import('node:http').ServerResponse) => response.end('x'.repeat(1_000_000))],
  ['are no JSON', (response: import('node:http').ServerResponse) => response.end('<html>')],
  ['are not found', (response: import('node:http').ServerResponse) => response.writeHead(404).end()],
  ['are elsewhere', (response: import('node:http').ServerResponse) => response.writeHead(302, { location: '/' }).end()],
  ['never come', () => {}],
])('while the keys %s, nobody can tell', async (_, answer) => {
  const broken = await startOidcIssuer((_, response) => void answer(response))
  const verify = identityTokens({ fetchMs: 300 })
  expect(await verify(await broken.token(), broken.identity())).toMatchObject({ refused: 'identity_unavailable' })
  await broken.stop()
  expect(await verify(await broken.token(), broken.identity())).toMatchObject({ refused: 'identity_unavailable' })
})
