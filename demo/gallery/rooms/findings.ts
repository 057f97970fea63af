import type { Messages } from '../../../src/messages/en.ts'
import { findingCodes } from '../../../src/targets/workload/finding-codes.ts'
import { dependencyFindingCodes } from '../../../src/upgrade/dependencies.ts'
import { imageFindingCodes } from '../../../src/upgrade/image-findings.ts'
import { promotionFindingCodes } from '../../../src/upgrade/promotion.ts'
import { restrictionFindings } from '../../../src/upgrade/restrictions.ts'
import type { Finding } from '../../../src/upgrade/upgrade.ts'
import { after, anUpgrade, anUpgradeIn, noon } from '../../../test/an-upgrade.ts'
import { exhibitsIn, type Room, said } from '../exhibit.ts'

/** Parameters of the sentences; one value serves wherever the name means the same. */
const detail: Finding['detail'] = {
  container: 'app',
  containers: 'web, istio-proxy',
  image: 'registry.example.com/shop/web:1.5.0',
  upgrade: 'web-production-13',
  namespace: 'shop',
  name: 'web',
  updated: 4,
  total: 10,
  ready: 7,
  kind: 'HelmRelease',
  why: 'hostPort',
  quota: 'shop-compute',
  resource: 'requests.cpu',
  free: '500m',
  needed: '2',
  seconds: 900,
  readyTimeoutSeconds: 600,
  autoscaler: 'web',
  verb: 'patch',
  patch: 'start',
  message: 'admission webhook "policy.example.com" denied the request: images must be signed by release@example.com',
  application: 'shop-production',
  manager: 'Argo Rollouts',
  release: 'shop-web',
  unavailable: 2,
  cronJob: 'web-regression',
  budget: 'web',
  allowed: 1,
  min: 0,
  max: 30,
  range: 'shop-limits',
  bound: '1Gi',
  key: 'LOG_LEVEL',
  request: '500m/1Gi',
  open: 3,
  looked: 3,
  pods: 1,
  what: 'Secret',
  names: 'web-database, web-tls',
  code: 'REGISTRY_UNAVAILABLE',
  platforms: 'linux/amd64',
  nodes: 'linux/arm64',
  nearest: '1.5.0',
  tag: 'latest',
  version: 'nightly',
  from: '1.5.0',
  to: '1.4.2',
  created: noon,
  ageMs: 200 * 86_400_000,
  maxAgeMs: 90 * 86_400_000,
  opensAt: after(13 * 3_600_000),
  start: '2026-07-02T09:00+08:00',
  service: 'web',
  environment: 'production',
  scope: 'environment:production',
  by: 'U0ROOT',
  reason: 'the summer sale',
  until: after(20 * 3_600_000),
  at: noon,
  withinMs: 14 * 86_400_000,
  gate: 'signature',
  said: 'SIGNED',
  keys: 'release.pub (9f3c07ab51d2)',
  wanted: 'registry.example.com/shop/api:2.1.0',
  found: 'registry.example.com/shop/api:2.2.0',
  error: 'CLUSTER_UNAVAILABLE',
}

export const everyFinding: Finding[] = Object.entries({
  ...findingCodes,
  ...imageFindingCodes,
  ...promotionFindingCodes,
  ...restrictionFindings,
  ...dependencyFindingCodes,
}).map(([code, severity]) => ({
  severity,
  code,
  detail,
}))

const system = { kind: 'system', reason: 'BLOCKED' } as const

/** What the pre-flight may find: each by itself, and where it stands in a message. */
export function findingsRoom(messages: Messages): Room {
  const { messageNow, messagesNow } = exhibitsIn(messages)
  return {
    id: 'findings',
    title: 'What the checks find',
    exhibits: [
      ...messagesNow(anUpgrade({ findings: everyFinding.filter(({ severity }) => severity !== 'block') }), 'warnings'),
      ...messagesNow(blockedBy(everyFinding.filter(({ severity }) => severity === 'block').slice(0, 3)), 'blocked'),
      ...messageNow(blockedBy(everyFinding), 'live', 'everything at once'),
      ...messageNow(blockedBy(everyFinding), 'result', 'everything at once'),
      ...messageNow(waiting(), 'live', 'the start waits for another service'),
      ...everyFinding.map((one) => said(one.code, messages.findingLines([one]))),
    ],
  }
}

function waiting() {
  const dependency = everyFinding.find(({ code }) => code === 'DEPENDENCY_UNDER_WAY')
  return { ...anUpgradeIn('scheduled'), scheduled: { since: noon, ...(dependency && { dependency }) } }
}

function blockedBy(findings: Finding[]) {
  const upgrade = anUpgradeIn('checking')
  return { ...upgrade, result: { outcome: 'failed' as const, at: noon, code: 'BLOCKED', by: system, findings } }
}
