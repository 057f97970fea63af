/** The shop that tests, benchmarks and the demo upgrade: its people in Slack, its configuration, its Deployment. */
import { type FakeSlack, type Message, type SlackOptions, startSlack } from './fakes/slack/slack.ts'

export const channel = 'C0RELEASES'

/** Requests. */
export const dana = 'U0DANA'
/** Approve. */
export const alice = 'U0ALICE'
export const bob = 'U0BOB'
/** Operates. */
export const carol = 'U0CAROL'
/** On call. */
export const oscar = 'U0OSCAR'
/** Holds no role. */
export const nina = 'U0NINA'

const people = { dana, alice, bob, carol, oscar, nina }

/** Slack with the shop's people and channel. */
export async function shopSlack(options: SlackOptions = {}): Promise<FakeSlack> {
  const slack = await startSlack(options)
  for (const [name, id] of Object.entries(people)) {
    slack.addUser({ id, name, realName: name.replace(/^./, (letter) => letter.toUpperCase()) })
  }
  slack.addGroup({ id: 'S0DEVS', handle: 'developers', users: [dana] })
  slack.addGroup({ id: 'S0ONCALL', handle: 'on-call', users: [oscar] })
  slack.addChannel({ id: channel, name: 'releases', members: Object.values(people) })
  return slack
}

type Changes = Record<string, unknown>

export type ServiceChanges = { image?: string; environment?: Changes; strategy?: Changes; channel?: string }

/**
 * `rollcall.yaml` of the shop. Every service has a Deployment of its own name in production: ten replicas in four
 * batches, two approvals by others than the requester.
 */
export function shopConfig(services: Record<string, ServiceChanges> = { web: {} }) {
  const described = Object.entries(services).map(([name, changes]) => [name, describeService(name, changes)])
  return {
    version: 1,
    slack: { channel },
    clusters: { eu: {} },
    roles: {
      developers: { groups: ['S0DEVS'] },
      'release-managers': { users: [alice, bob] },
      platform: { users: [carol] },
      'on-call': { groups: ['S0ONCALL'] },
    },
    services: Object.fromEntries(described),
  }
}

function describeService(name: string, { environment, strategy, ...service }: ServiceChanges) {
  return {
    image: repository(name),
    ...service,
    environments: {
      production: {
        cluster: 'eu',
        target: { kind: 'Deployment', namespace, name, container: 'app' },
        permissions: {
          request: ['developers'],
          approve: ['release-managers'],
          operate: ['platform'],
          respond: ['on-call'],
        },
        approval: { quorum: 2, separateRequester: true, expiresAfter: '4h' },
        strategy: {
          type: 'rolling',
          batches: [1, '25%', '50%', '100%'],
          soak: '0s',
          continue: 'approval',
          readyTimeout: '1m',
          maxSurge: 2,
          ...strategy,
        },
        onFailure: 'rollback',
        ...environment,
      },
    },
  }
}

export const namespace = 'shop'

export function repository(service: string): string {
  return `registry.example.com/shop/${service}`
}

/** The Deployment of a service, as somebody's manifest says it. */
export function shopDeployment(name: string, spec: Changes = {}, metadata: Changes = {}) {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, ...metadata },
    spec: {
      replicas: 10,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'app',
              image: `${repository(name)}:1.4.2`,
              ports: [{ containerPort: 8080 }],
              env: [{ name: 'LOG_LEVEL', value: 'info' }],
              readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
            },
          ],
        },
      },
      ...spec,
    },
  }
}

/** Kinds of messages that call people and are not the question itself. */
const besides: ReadonlySet<unknown> = new Set(['alert', 'reminder', 'page'])

export type Desk = ReturnType<typeof desk>

/** What the people of the shop do in Slack, and how they wait for what Rollcall shows. */
export function desk(slack: FakeSlack, timeoutMs = 20_000) {
  const payload = (message: Message): Record<string, unknown> => message.metadata?.event_payload ?? {}

  function type(user: string, text: string) {
    return slack.command({ user, channel, command: '/upgrade', text })
  }

  /** The live message of an upgrade, once it is in that phase. */
  function live(id: string, phase?: string) {
    return slack.waitForMessage(
      (one) =>
        one.metadata?.event_type === 'rollcall_upgrade' &&
        payload(one).id === id &&
        (phase === undefined || payload(one).phase === phase),
      { timeoutMs, what: `${id} ${phase ?? ''}` },
    )
  }

  /** The open question of an upgrade. */
  function question(id: string, kind: 'start' | 'accept' | 'continue' | 'alert', step?: number) {
    return slack.waitForMessage(
      (one) =>
        one.metadata?.event_type === 'rollcall_question' &&
        payload(one).id === id &&
        payload(one).kind === kind &&
        payload(one).open === true &&
        (step === undefined || payload(one).step === step) &&
        !isFollowed(one),
      { timeoutMs, what: `the question ${kind} of ${id}` },
    )
  }

  /** A question that is answered may look open for a moment while the next one is there already. */
  function isFollowed({ ts, metadata }: Message): boolean {
    return slack
      .messages(channel)
      .some(
        (other) =>
          isQuestion(other) &&
          isQuestion({ metadata }) &&
          payload(other).id === metadata?.event_payload?.id &&
          other.ts > ts,
      )
  }

  function isQuestion({ metadata }: Pick<Message, 'metadata'>): boolean {
    const { open, kind } = metadata?.event_payload ?? {}
    return metadata?.event_type === 'rollcall_question' && open === true && !besides.has(kind)
  }

  function press(user: string, message: { ts: string }, actionId: string) {
    const dialog = !['pause', 'acknowledge', 'reject', 'withdraw'].includes(actionId)
    return slack.click({ user, channel, ts: message.ts, actionId, ...(dialog && { confirm: true }) })
  }

  /** In the upgrade's thread. */
  async function reply(user: string, id: string, text: string) {
    const { ts, channel: where } = await live(id)
    return slack.say({ user, channel: where, text, threadTs: ts })
  }

  return {
    type,
    reply,
    live,
    question,
    press,
    /** Two approvals, each on the question as it is. */
    async approve(id: string) {
      const start = await question(id, 'start')
      await press(alice, start, 'approve')
      await press(bob, start, 'approve')
    },
    async continue(id: string, step?: number) {
      await press(carol, await question(id, 'continue', step), 'continue')
    },
  }
}
