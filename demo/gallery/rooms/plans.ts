import type { Messages } from '../../../src/messages/en.ts'
import type { Finding, Upgrade } from '../../../src/upgrade/upgrade.ts'
import { anUpgrade, aPolicy, aProspect, someFacts } from '../../../test/an-upgrade.ts'
import { exhibitsIn, type Room } from '../exhibit.ts'

const registry = 'registry.example.com/shop/web'
const remarks: Finding[] = [
  { severity: 'warn', code: 'NO_READINESS_PROBE', detail: { container: 'web' } },
  { severity: 'warn', code: 'MANAGED_BY_HELM', detail: { release: 'shop-web' } },
  { severity: 'note', code: 'DISRUPTION_BUDGET', detail: { budget: 'web', allowed: 1 } },
  { severity: 'note', code: 'NOT_CHECKED', detail: { what: 'Secret', names: '' } },
  {
    severity: 'note',
    code: 'ROOM_ON_NODES',
    detail: { pods: 2, needed: 2, request: '500m/1Gi', open: 3, looked: 3 },
  },
]

const plans: Record<string, Upgrade> = {
  'with a history': anUpgrade({ prospect: aProspect(), findings: remarks.slice(2) }),
  'the first time': anUpgrade({ prospect: aProspect({ past: { upgrades: 0 } }), findings: remarks }),
  'older, after one that did not stay': older(),
  'admission adds to it': anUpgrade({ prospect: injected() }),
  'all at once, with downtime': recreated(),
  'nowhere to look': anUpgrade(),
}

/** What people read before they say yes, as the question and as the answer to whoever only wants to see the plan. */
export function plansRoom(messages: Messages): Room {
  const { messageNow, replied } = exhibitsIn(messages)
  const plan = (title: string, { request, plan, policy }: Upgrade) => {
    if (!plan) throw new Error(`${title}: without a plan`)
    const listing = messages.planned(request, plan, policy.strategy.type)
    return replied(`a plan: ${title}`, { kind: 'listing', ...listing })
  }
  return {
    id: 'plans',
    title: 'The plan, its risks and the way back',
    exhibits: [
      ...Object.entries(plans).flatMap(([title, upgrade]) => messageNow(upgrade, 'question:0', title)),
      ...Object.entries(plans).map(([title, upgrade]) => plan(title, upgrade)),
      plan('what stands in the way', blocked()),
    ],
  }
}

function older(): Upgrade {
  const digest = (character: string) => `@sha256:${character.repeat(64)}`
  const [from, to] = [`${registry}:2.0.1${digest('a')}`, `${registry}:1.9.4${digest('b')}`]
  const { request } = anUpgrade()
  return anUpgrade({
    request: { ...request, version: '1.9.4', image: to, reason: 'back to what worked' },
    facts: someFacts({ image: from }),
    prospect: aProspect({
      changes: [{ path: 'containers[web].image', change: 'changed', from, to }],
      past: { upgrades: 4, last: { id: 'web-production-13', outcome: 'rolledBack' }, roundMs: 24_000, batches: 9 },
    }),
  })
}

function injected() {
  const { changes } = aProspect()
  return aProspect({
    changes: [
      ...changes,
      { path: 'metadata.annotations[sidecar.istio.io/status]', change: 'added' },
      { path: 'containers[istio-proxy]', change: 'added' },
      { path: 'containers[web].env[HTTP_PROXY]', change: 'changed' },
      { path: 'volumes[istio-envoy]', change: 'added' },
      { path: 'initContainers[istio-init]', change: 'added' },
      ...Array.from({ length: 9 }, (_, index) => ({ path: `volumes[more-${index}]`, change: 'added' as const })),
    ],
  })
}

function recreated(): Upgrade {
  const { strategy } = aPolicy()
  return anUpgrade({
    policy: aPolicy({ strategy: { ...strategy, type: 'recreate', continue: 'auto', soakMs: 0 } }),
    facts: someFacts({ strategyType: 'Recreate', surge: 0, unavailable: 10 }),
    findings: [{ severity: 'warn', code: 'DOWNTIME', detail: {} }],
    prospect: aProspect(),
  })
}

function blocked(): Upgrade {
  const missing = { kind: 'ConfigMap', name: 'web', key: 'LOG_LEVEL' }
  const quota = { quota: 'shop-compute', resource: 'requests.cpu', free: '300m', needed: '1' }
  return anUpgrade({
    prospect: aProspect(),
    findings: [
      { severity: 'block', code: 'REFERENCE_MISSING', detail: missing },
      { severity: 'block', code: 'QUOTA_TOO_SMALL', detail: quota },
      ...remarks,
    ],
  })
}
