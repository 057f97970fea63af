/** A CI that signs identity tokens, as GitHub and GitLab do: a server with its public keys. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { PipelineIdentity } from '../src/engine/ports.ts'

export type OidcIssuer = Awaited<ReturnType<typeof startOidcIssuer>>

/** @param answer instead of the keys */
export async function startOidcIssuer(answer?: RequestListener) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    if (answer) return answer(request, response)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(jwks))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    /** How often the keys were asked for. */
    asked: () => asked,
    identity(changes: Partial<PipelineIdentity> = {}): PipelineIdentity {
      return {
        issuer: url,
        keys: `${url}/jwks`,
        audience: 'rollcall',
        subjects: ['repo:shop/*'],
        claims: {},
        algorithms: ['RS256', 'ES256'],
        person: { claim: 'actor', people: { 'dana-dev': 'U0DANA', 'alice-dev': 'U0ALICE' } },
        ...changes,
      }
    },
    /** A token as it should be, but for the changes. `undefined` takes a claim away. */
    token(changes: JWTPayload = {}, header: { alg?: string; kid?: string } = {}): Promise<string> {
      const now = Math.floor(Date.now() / 1_000)
      const times = { iat: now, nbf: now, exp: now + 300 }
      const payload = {
        iss: url,
        aud: 'rollcall',
        sub: 'repo:shop/web:ref:refs/heads/main',
        ...times,
        actor: 'dana-dev',
      }
      return new SignJWT({ ...payload, ...changes })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
        .sign(privateKey)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
