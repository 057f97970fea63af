/** A small valid configuration; tests change its text line by line, so that they see what people see. */
export const valid = `version: 1
slack: { channel: C0RELEASES }
clusters:
  eu: { context: prod-eu }
roles:
  developers: { groups: [S0DEVS] }
  release-managers: { users: [U0ALICE, U0BOB] }
  platform: { users: [U0CAROL], groups: [S0PLATFORM] }
people: [[U0BOB, U0BOBADMIN]]
services:
  api:
    image: registry.example.com/shop/api
    environments:
      production:
        cluster: eu
        target: { kind: Deployment, namespace: shop, name: api, container: api }
        permissions: { request: [developers], approve: [release-managers], operate: [platform] }
  web:
    image: registry.example.com/shop/web
    channel: C0WEB
    dependsOn: [api]
    environments:
      production:
        cluster: eu
        target: { kind: Deployment, namespace: shop, name: web, container: app }
        permissions: { request: [developers], approve: [release-managers], operate: [platform], respond: [developers] }
        approval: { quorum: 2, separateRequester: false, expiresAfter: 90s }
        strategy: { type: rolling, batches: [1, "50%"], soak: 1m, continue: auto, readyTimeout: 5m, maxHold: 2h, maxSurge: 2, hold: strict }
        overrides: [batches]
        onFailure: hold
        gitops: warn
        gates: [{ type: rollout, grace: 30s }]
`

/** The text with one piece replaced; a piece that is not there is a mistake in the test. */
export function changed(...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${from} is not in the configuration`)
    return text.replace(from, () => to)
  }, valid)
}
