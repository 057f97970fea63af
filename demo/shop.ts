/** The shop of the demo: six services in two environments, the people who look after them, and how they agreed to do it. */
import type { Locale } from '../src/upgrade/locale.ts'
import { type FakeSlack, startSlack } from '../test/fakes/slack/slack.ts'
import { queries } from './metrics.ts'

export const channel = 'C0RELEASES'

/** It asks for upgrades in production over the API. */
export const pipeline = 'ci'

export type Person = { id: string; name: string; realName: string; role: string }

const team = {
  dana: {
    id: 'U0DANA',
    realName: 'Dana Novak',
    role: 'developer and release manager: may request, and approve what others request',
  },
  alice: { id: 'U0ALICE', realName: 'Alice Kim', role: 'release manager: may approve' },
  bob: { id: 'U0BOB', realName: 'Bob Adeyemi', role: 'release manager: may approve' },
  carol: { id: 'U0CAROL', realName: 'Carol Reyes', role: 'operator: may continue, pause and roll back' },
  oscar: { id: 'U0OSCAR', realName: 'Oscar Lind', role: 'on call: may pause and roll back' },
  gus: { id: 'U0GUS', realName: 'Gus Meyer', role: 'guest: counts for nothing, whatever his role' },
  nina: { id: 'U0NINA', realName: 'Nina Roy', role: 'no role: may look' },
}

export type PersonName = keyof typeof team
export type People = Record<PersonName, Person>

export const people = Object.fromEntries(
  Object.entries(team).map(([name, person]) => [name, { name, ...person }]),
) as People

export type Version = { tag: string; story: string }

export type Service = {
  name: string
  /** In production; staging has two. */
  replicas: number
  /** The tag that runs at first. */
  runs: string
  /** Tags to try. Their ending tells the cluster how the container behaves. */
  versions: [Version, ...Version[]]
  dependsOn?: string[]
}

export const services: Service[] = [
  {
    name: 'web',
    replicas: 10,
    runs: '1.4.2',
    versions: [
      { tag: '1.5.0', story: 'a good release' },
      { tag: '2.0.0-bad', story: 'its image cannot be pulled' },
    ],
    dependsOn: ['api'],
  },
  {
    name: 'api',
    replicas: 6,
    runs: '3.8.0',
    versions: [
      { tag: '3.9.0', story: 'a good release' },
      { tag: '4.0.0-crash', story: 'crashes before it is ready' },
    ],
  },
  {
    name: 'checkout',
    replicas: 8,
    runs: '5.2.1',
    versions: [
      { tag: '5.3.0', story: 'a good release' },
      { tag: '5.4.0-flap', story: 'becomes ready, then loses it' },
    ],
  },
  {
    name: 'search',
    replicas: 6,
    runs: '2.11.0',
    versions: [
      { tag: '2.12.0-slow', story: 'takes long to become ready' },
      { tag: '2.11.1', story: 'a good release' },
      { tag: '2.13.0-errors', story: 'answers one request in eight with an error' },
    ],
  },
  {
    name: 'recommendations',
    replicas: 4,
    runs: '0.9.4',
    versions: [
      { tag: '1.0.0-oom', story: 'leaks memory until it is killed' },
      { tag: '0.9.5', story: 'a good release' },
    ],
  },
  {
    name: 'notifications',
    replicas: 3,
    runs: '1.7.3',
    versions: [
      { tag: '1.8.0', story: 'a good release' },
      { tag: '1.9.0-unready', story: 'runs, and never becomes ready' },
    ],
  },
]

/** Where the shop runs, and how long things take there. */
export type Place = {
  namespaces: { production: string; staging?: string }
  /** Repository that each service's versions are tags of. */
  image(service: string): string
  /** How its registry is reached; nobody asks it where this is absent. */
  registries?: Record<string, { insecure: true }>
  /** How the containers there are asked whether they are ready; those without an answer are asked nothing. */
  readinessProbe?: { httpGet: { path: string; port: number } }
  pace: Pace
  /** A Prometheus that knows how well the pods serve; without one nothing is measured. */
  prometheus?: string
}

/** Durations as `rollcall.yaml` writes them. */
export type Pace = {
  /** The least time at each batch in production. */
  soak: string
  /** This long without a newly Ready pod, and the batch has failed. */
  readyTimeout: string
  /** How long a failing image pull may go on. */
  grace: string
  /** How long a question waits before people are reminded of it; as usual where it is absent. */
  remindAfter?: string
}

export const simulatedPlace = {
  namespaces: { staging: 'shop-staging', production: 'shop' },
  readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
} satisfies Omit<Place, 'pace' | 'image' | 'registries'>

/** Slack with the shop's people in #releases. */
export async function shopSlack(): Promise<FakeSlack> {
  const slack = await startSlack({ domain: 'shop' })
  for (const { id, name, realName } of Object.values(people)) {
    slack.addUser({ id, name, realName, isRestricted: name === 'gus' })
  }
  slack.addGroup({ id: 'S0DEVS', handle: 'developers', users: [people.dana.id, people.gus.id] })
  slack.addGroup({ id: 'S0ONCALL', handle: 'on-call', users: [people.oscar.id] })
  slack.addChannel({ id: channel, name: 'releases', members: Object.values(people).map(({ id }) => id) })
  return slack
}

/** `rollcall.yaml` of the shop. */
export function shopConfig(place: Place, shown: Service[], context?: string) {
  return {
    version: 1,
    slack: { channel, locale: 'en' as Locale },
    clusters: { demo: context === undefined ? {} : { context } },
    ...(place.registries && { registries: place.registries }),
    roles: {
      developers: { groups: ['S0DEVS'] },
      'release-managers': { users: [people.dana.id, people.alice.id, people.bob.id] },
      platform: { users: [people.carol.id] },
      'on-call': { groups: ['S0ONCALL'] },
    },
    pipelines: { [pipeline]: {} },
    services: Object.fromEntries(shown.map((service) => [service.name, describeService(service, place)])),
  }
}

export type ShopConfig = ReturnType<typeof shopConfig>

function describeService({ name, versions, dependsOn }: Service, place: Place) {
  const { soak, grace } = place.pace
  const slow = versions.some(({ tag }) => tag.endsWith('-slow'))
  const leaks = versions.some(({ tag }) => tag.endsWith('-oom'))
  const url = versions.some(({ tag }) => tag.endsWith('-errors')) ? place.prometheus : undefined
  const readyTimeout = slow ? '60s' : place.pace.readyTimeout
  const { production, staging } = place.namespaces
  const target = (namespace: string) => ({ kind: 'Deployment', namespace, name, container: 'app' })
  return {
    image: place.image(name),
    ...(dependsOn && { dependsOn }),
    environments: {
      ...(staging && {
        staging: {
          cluster: 'demo',
          target: target(staging),
          permissions: { request: ['developers'], approve: ['developers'], operate: ['developers'] },
          approval: { separateRequester: false },
          strategy: { batches: ['100%'], soak: '1s', continue: 'auto', readyTimeout },
          gates: [{ type: 'rollout', grace }],
        },
      }),
      production: {
        cluster: 'demo',
        target: target(production),
        permissions: {
          request: ['developers'],
          approve: ['release-managers'],
          operate: ['platform'],
          respond: ['on-call'],
          pipelines: [pipeline],
        },
        approval: { quorum: 2, separateRequester: true, expiresAfter: '4h' },
        ...(place.pace.remindAfter && { reminders: { after: place.pace.remindAfter } }),
        strategy: {
          type: 'rolling',
          batches: [1, '25%', '50%', '100%'],
          // A leak needs time to show.
          soak: leaks ? '10s' : soak,
          continue: 'approval',
          readyTimeout,
          maxSurge: '25%',
        },
        overrides: ['batches'],
        onFailure: 'rollback',
        gates: [{ type: 'rollout', grace }, ...(url === undefined ? [] : measuredGates(url))],
      },
    },
  }
}

/** Error rate and latency, looked at as often as a spectator does. */
function measuredGates(url: string) {
  const common = { type: 'prometheus', url, interval: '1s', timeout: '5s' }
  return [
    { ...common, name: 'error-rate', query: queries.errors, unit: 'ratio', max: 0.01 },
    { ...common, name: 'p95-latency', query: queries.latency, unit: 'seconds', max: 0.3 },
  ]
}

/** The services' Deployments in both environments, as their manifests say them. */
export function shopManifests(place: Place, shown: Service[]) {
  const { production, staging } = place.namespaces
  return shown.flatMap((service) => [
    ...(staging ? [deployment(service, staging, place, 2)] : []),
    deployment(service, production, place, service.replicas),
  ])
}

function deployment({ name, runs }: Service, namespace: string, place: Place, replicas: number) {
  const { readinessProbe } = place
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'shop' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'app',
              image: `${place.image(name)}:${runs}`,
              ports: [{ containerPort: 8080 }],
              env: [{ name: 'LOG_LEVEL', value: 'info' }],
              ...(readinessProbe && { readinessProbe }),
            },
          ],
        },
      },
    },
  }
}
