import type { Messages } from '../../../src/messages/en.ts'
import { type Phase, phases } from '../../../src/upgrade/phase.ts'
import type { Finding, Upgrade } from '../../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, aPolicy, carol, noon, slackUser, someFacts } from '../../../test/an-upgrade.ts'
import { exhibitsIn, observed, type Room, said } from '../exhibit.ts'
import { everyFinding } from './findings.ts'

const longName = 'customer-facing-recommendations-and-personalisation-gateway-v2'
const longTag = `2026.11.21-${'release-candidate-'.repeat(6)}rc.12`
const longImage = `registry.internal.emea.example.com:5443/platform/team-recommendations/${longName}:${longTag}@sha256:${'9f3c07ab'.repeat(8)}`
const longReason =
  'Rounds the totals of the checkout the way the tax office wants them, moves the flag for the new basket to the new service, and reverts last week’s change of the cache’s lifetime, which was far too short.'
const unbroken = 'x'.repeat(280)
const hostile = `<!channel> <@U0BOB> *bold* _it_ \`code\` ~gone~ \u202ereversed\u202c \u200b &lt;!here&gt; <https://evil.example|here> ${'A'.repeat(200)}`

/** Whatever makes a message long or ugly. */
export function ugliestRoom(messages: Messages): Room {
  const { messageNow, messagesNow, replied } = exhibitsIn(messages)
  return {
    id: 'ugliest',
    title: 'The longest and the ugliest',
    exhibits: [
      ...messagesNow(long('awaitingApproval'), 'long names', observed(0, { total: 480, ready: 480 })),
      ...messagesNow(long('awaitingContinue'), 'long names, next batch', observed(1, { total: 480, ready: 479 })),
      ...messagesNow(long('rolledBack'), 'long names, rolled back'),
      ...messagesNow(manyBatches(), 'twenty batches', observed(5, { total: 100, ready: 100 })),
      ...messagesNow(crowded(), 'many approvers'),
      ...messageNow(anUpgrade({ findings: fiftyFindings() }), 'question:0', 'fifty findings'),
      ...messageNow(anUpgrade({ findings: fiftyFindings() }), 'live', 'fifty findings'),
      ...phases.flatMap((phase) => messagesNow(evil(phase), `hostile, ${phase}`, evilPods())),
      said('hostile, a mistake', messages.mistakes.unknownCommand(hostile, hostile, hostile)),
      said('one long word', messages.mistakes.unknownService(unbroken, [unbroken], unbroken, `/upgrade ${unbroken}`)),
      replied('hostile, a question', { kind: 'question', upgrade: evil('awaitingApproval') }),
    ],
  }
}

function long(phase: Phase): Upgrade {
  const upgrade = anUpgradeIn(phase, {
    policy: aPolicy({ service: longName, environment: 'production-europe-west-frankfurt' }),
    facts: someFacts({ replicas: 480, image: longImage.replace('rc.12', 'rc.11') }),
  })
  const { request } = upgrade
  const environment = 'production-europe-west-frankfurt'
  return {
    ...upgrade,
    id: `${longName}-${environment}-1482`,
    request: { ...request, service: longName, environment, version: longTag, image: longImage, reason: longReason },
    answers:
      phase === 'awaitingApproval' ? [] : [{ step: 0, action: 'approved', by: carol, at: noon, reason: longReason }],
  }
}

function manyBatches(): Upgrade {
  const policy = aPolicy()
  const batches = Array.from({ length: 20 }, (_, index) => (index + 1) * 5)
  return anUpgradeIn('awaitingContinue', {
    policy: { ...policy, strategy: { ...policy.strategy, batches } },
    facts: someFacts({ replicas: 100 }),
  })
}

function crowded(): Upgrade {
  const policy = aPolicy()
  const users = Array.from({ length: 24 }, (_, index) => `U0APPROVER${index}`)
  const groups = ['S0DEVS', 'S0ONCALL', 'S0PLATFORM', 'S0SECURITY']
  const approve = [{ role: 'release-managers', users, groups }]
  const upgrade = anUpgrade({
    policy: {
      ...policy,
      approval: { ...policy.approval, quorum: 12 },
      permissions: { ...policy.permissions, approve },
    },
  })
  const approvals = users
    .slice(0, 11)
    .map((user) => ({ by: slackUser(user), at: noon, planHash: upgrade.plan?.hash ?? '' }))
  return { ...upgrade, approvals }
}

function fiftyFindings(): Finding[] {
  const open = everyFinding.filter(({ severity }) => severity !== 'block')
  return Array.from({ length: 50 }, (_, index) => open[index % open.length]).flatMap((one) => one ?? [])
}

/** Everything that a person, a label or a pod can name is hostile. */
function evil(phase: Phase): Upgrade {
  const detail = Object.fromEntries(
    ['release', 'container', 'budget', 'autoscaler', 'name', 'message', 'reason', 'pod'].map((key) => [key, hostile]),
  )
  const upgrade = anUpgradeIn(phase, {
    policy: aPolicy({ service: hostile, environment: hostile }),
    findings: ['MANAGED_BY_HELM', 'NO_READINESS_PROBE'].map((code) => ({ severity: 'warn', code, detail })),
    facts: someFacts({ image: `registry/${hostile}:${hostile}` }),
  })
  const { request, hold, turnedBack, result } = upgrade
  return {
    ...upgrade,
    request: {
      ...request,
      service: hostile,
      environment: hostile,
      version: hostile,
      image: `r:${hostile}`,
      reason: hostile,
    },
    incidents: [{ at: noon, code: 'CRASH_LOOP', detail }],
    answers: [{ step: 0, action: 'approved', by: carol, at: noon, reason: hostile }],
    ...(hold && { hold: { ...hold, reason: hostile } }),
    ...(turnedBack && { turnedBack: { ...turnedBack, reason: hostile } }),
    ...(result && { result: { ...result, reason: hostile } }),
  }
}

function evilPods() {
  const pod = { name: hostile, ready: false, createdAt: noon, restarts: 41, displaced: false, waiting: unbroken }
  return observed(1, { pods: [pod, pod, pod, pod, pod] })
}
