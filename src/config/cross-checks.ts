import { z } from 'zod'
import { nearest } from '../upgrade/nearest.ts'
import { own } from '../upgrade/own.ts'
import { parseDuration } from './duration.ts'
import { allowedHost, hostPattern } from './images.ts'
import {
  allowedLabel,
  allowedName,
  labelName,
  longestPlace,
  namePattern,
  reservedServiceNames,
  reservedWebhookNames,
} from './names.ts'
import { found, type Path, type Problem, pathText } from './problem.ts'
import { Batch } from './schema.ts'

/** The contexts that a cluster may name, and where they come from. */
export type Kubeconfig = { file: string; contexts: readonly string[] }

/*
 * What concerns more than one place of the file. These checks read a sketch: everything they need, and whatever does
 * not have its form falls away, because the schema speaks of that already. So a typo in one place hides nothing in
 * another. A list that is none becomes `['']`: it is not empty, and what it names is not known.
 */
const text = z.string().catch('')
const texts = z.array(text).default([]).catch([''])

function mapping<T extends z.ZodType>(value: T) {
  return z.record(z.string(), value.optional().catch(undefined)).catch({})
}

const windows = z
  .array(z.object({ from: text, to: text, timezone: text }).optional().catch(undefined))
  .catch([])
  .default([])

const recipients = z
  .array(z.object({ channel: z.unknown().optional(), user: z.unknown().optional() }).optional().catch(undefined))
  .catch([])
  .default([])

const Sketch = z
  .object({
    clusters: mapping(
      z.object({
        context: z.string().optional(),
        prometheus: z.unknown().optional(),
        alertmanager: z.unknown().optional(),
        alertLabels: z.record(z.string(), z.unknown()).optional().catch(undefined),
      }),
    ),
    roles: mapping(z.object({ users: texts, groups: texts })),
    people: z.array(texts).catch([]),
    alerts: z
      .object({ webhooks: mapping(z.object({ labels: z.record(z.string(), z.unknown()).catch({}) })) })
      .catch({ webhooks: {} }),
    admins: text.optional(),
    quietHours: windows,
    pipelines: mapping(z.unknown()).default({}),
    registries: mapping(z.object({ insecure: z.boolean().catch(false).default(false) })).optional(),
    services: mapping(
      z.object({
        dependsOn: texts,
        notify: recipients,
        environments: mapping(
          z.object({
            cluster: text,
            target: z.object({ kind: text, namespace: text, name: text }).optional().catch(undefined),
            permissions: z.record(z.string(), texts).catch({}),
            strategy: z.object({ batches: z.array(Batch.catch('')).catch([]) }).catch({ batches: [] }),
            promoteFrom: z.object({ environment: text }).optional().catch(undefined),
            breakGlass: z.boolean().catch(false).default(false),
            imagePolicy: z.object({ resolve: text.optional(), maxAge: text.optional() }).optional().catch(undefined),
            gates: z
              .array(
                z.object({ type: text, url: z.unknown().optional(), by: texts }).catch({ type: '', url: '', by: [] }),
              )
              .catch([]),
            traffic: z.object({ url: z.unknown().optional() }).optional().catch(undefined),
            windows,
            quietHours: windows,
            notify: recipients,
            reminders: z.object({ after: text.optional(), escalateAfter: text.optional() }).optional().catch(undefined),
            approval: z.object({ quorum: z.int() }).optional().catch(undefined),
          }),
        ),
      }),
    ),
  })
  .catch({ clusters: {}, roles: {}, people: [], pipelines: {}, alerts: { webhooks: {} }, quietHours: [], services: {} })
type Sketch = z.infer<typeof Sketch>

/** Everything that is wrong between places, each at the place where it would be corrected. */
export function crossChecks(value: unknown, kubeconfig?: Kubeconfig): Problem[] {
  const sketch = Sketch.parse(value)
  return [
    ...badNames(sketch),
    ...longAndCollidingNames(sketch),
    ...missingContexts(sketch, kubeconfig),
    ...badRoles(sketch),
    ...badPeople(sketch),
    ...badReferences(sketch),
    ...cycles(sketch),
    ...duplicateTargets(sketch),
    ...unreachableQuorums(sketch),
    ...gatesWithNobodyToAsk(sketch),
    ...badAlertLabels(sketch),
    ...badWebhooks(sketch),
    ...trafficWithNobodyToAsk(sketch),
    ...gatesWithoutDigest(sketch),
    ...shrinkingBatches(sketch),
    ...unattendedGlass(sketch),
    ...badPromotions(sketch),
    ...badRegistries(sketch),
    ...agelessImages(sketch),
    ...badWindows(sketch),
    ...remindersOutOfOrder(sketch),
    ...noticesToNobody(sketch),
  ]
}

type Place = NonNullable<NonNullable<Sketch['services'][string]>['environments'][string]>

function places({ services }: Sketch): { service: string; environment: string; path: string[]; place: Place }[] {
  return entries(services).flatMap(([service, { environments }]) =>
    entries(environments).map(([environment, place]) => ({
      service,
      environment,
      path: ['services', service, 'environments', environment],
      place,
    })),
  )
}

function badNames(sketch: Sketch): Problem[] {
  const names = (record: object, path: Path) => Object.keys(record).map((name) => ({ name, path: [...path, name] }))
  const services = names(sketch.services, ['services'])
  const all = [
    ...names(sketch.clusters, ['clusters']),
    ...names(sketch.roles, ['roles']),
    ...services,
    ...entries(sketch.services).flatMap(([service, { environments }]) =>
      names(environments, ['services', service, 'environments']),
    ),
  ]
  return [
    ...all
      .filter(({ name }) => !namePattern.test(name))
      .map(({ name, path }) => ({ path, message: found(name, `a name of ${allowedName}`) })),
    ...services
      .filter(({ name }) => reservedServiceNames.includes(name))
      .map(({ name, path }) => ({
        path,
        message: `a service cannot be called ${name}: /upgrade ${name} is a command`,
      })),
  ]
}

function longAndCollidingNames(sketch: Sketch): Problem[] {
  const first = new Map<string, Path>()
  return places(sketch).flatMap(({ service, environment, path }): Problem[] => {
    const id = `${service}-${environment}`
    const earlier = first.get(id)
    first.set(id, earlier ?? path)
    const long = `${id} has ${id.length} characters; allowed: at most ${longestPlace} for service and environment together`
    return [
      ...(id.length > longestPlace ? [{ path, message: long }] : []),
      ...(earlier ? [{ path, message: `its upgrades would be called ${id}-1, as those of ${pathText(earlier)}` }] : []),
    ]
  })
}

function missingContexts({ clusters }: Sketch, kubeconfig?: Kubeconfig): Problem[] {
  if (!kubeconfig) return []
  const { file, contexts } = kubeconfig
  return entries(clusters).flatMap(([name, { context }]): Problem[] => {
    if (!context || contexts.includes(context)) return []
    const allowed =
      contexts.length > 0 ? `a context of ${file}: ${contexts.join(', ')}` : `a context of ${file}, which has none`
    return [{ path: ['clusters', name, 'context'], message: found(context, allowed, nearest(context, contexts)) }]
  })
}

function badRoles({ roles }: Sketch): Problem[] {
  return entries(roles)
    .filter(([, { users, groups }]) => users.length + groups.length === 0)
    .map(([name]) => ({ path: ['roles', name], message: 'names nobody; needed: users, groups or both' }))
}

function badPeople({ people }: Sketch): Problem[] {
  const first = new Map<string, Path>()
  return people.flatMap((accounts, human) =>
    accounts.flatMap((user, index): Problem[] => {
      const path = ['people', human, index]
      const earlier = first.get(user)
      first.set(user, earlier ?? path)
      if (!earlier || user === '') return []
      return [{ path, message: `${user} stands at ${pathText(earlier)} already; an account belongs to one human` }]
    }),
  )
}

function badReferences(sketch: Sketch): Problem[] {
  const unknown = (what: string, name: string, known: object, path: Path): Problem[] => {
    if (name === '' || Object.hasOwn(known, name)) return []
    const names = Object.keys(known)
    const allowed = names.length > 0 ? `${what}: ${names.join(', ')}` : `${what}, and there is none yet`
    return [{ path, message: found(name, allowed, nearest(name, names)) }]
  }
  return [
    ...(sketch.admins === undefined ? [] : unknown('a role', sketch.admins, sketch.roles, ['admins'])),
    ...entries(sketch.services).flatMap(([service, { dependsOn, environments }]) =>
      dependsOn.flatMap((name, index) => {
        const path = ['services', service, 'dependsOn', index]
        const others = Object.keys(own(sketch.services, name)?.environments ?? {})
        if (others.length === 0) return unknown('a service', name, sketch.services, path)
        const missing = Object.keys(environments).filter((environment) => !others.includes(environment))
        return missing.map((environment) => {
          const meant = nearest(environment, others)
          const question = meant === undefined ? '' : ` (did you mean "${meant}"?)`
          return { path, message: `${name} has no environment ${environment}${question}; it has: ${others.join(', ')}` }
        })
      }),
    ),
    ...places(sketch).flatMap(({ place: { cluster, permissions, gates }, path }) => [
      ...unknown('a cluster', cluster, sketch.clusters, [...path, 'cluster']),
      ...gates.flatMap(({ by }, gate) =>
        by.flatMap((role, index) => unknown('a role', role, sketch.roles, [...path, 'gates', gate, 'by', index])),
      ),
      ...entries(permissions).flatMap(([permission, roles]) =>
        roles.flatMap((name, index) => {
          const at = [...path, 'permissions', permission, index]
          return permission === 'pipelines'
            ? unknown('a pipeline', name, sketch.pipelines, at)
            : unknown('a role', name, sketch.roles, at)
        }),
      ),
    ]),
  ]
}

function cycles({ services }: Sketch): Problem[] {
  const done = new Set<string>()
  const visit = (service: string, above: string[]): Problem[] => {
    const start = above.indexOf(service)
    if (start >= 0) {
      const cycle = [...above.slice(start), service]
      const last = above.at(-1) ?? service
      return [{ path: ['services', last, 'dependsOn'], message: `goes in a circle: ${cycle.join(' → ')}` }]
    }
    if (done.has(service) || !Object.hasOwn(services, service)) return []
    const found = (services[service]?.dependsOn ?? []).flatMap((next) => visit(next, [...above, service]))
    done.add(service)
    return found
  }
  return Object.keys(services).flatMap((service) => visit(service, []))
}

/** Two clusters of one context are one cluster, and so are two without any. */
function duplicateTargets(sketch: Sketch): Problem[] {
  const first = new Map<string, Path>()
  return places(sketch).flatMap(({ place: { cluster, target }, path }): Problem[] => {
    if (!target || !Object.hasOwn(sketch.clusters, cluster)) return []
    const { kind, namespace, name } = target
    if ([kind, namespace, name].includes('')) return []
    const key = JSON.stringify([sketch.clusters[cluster]?.context ?? null, kind, namespace, name])
    const earlier = first.get(key)
    first.set(key, earlier ?? path)
    if (!earlier) return []
    const message = `${kind} ${namespace}/${name} on ${cluster} is the target of ${pathText(earlier)} already`
    return [{ path: [...path, 'target'], message }]
  })
}

/** A group's size is Slack's to say, so only where all approvers are named one by one. */
function unreachableQuorums(sketch: Sketch): Problem[] {
  return places(sketch).flatMap(({ place: { permissions, approval }, path }): Problem[] => {
    const roles = (permissions.approve ?? []).map((name) =>
      Object.hasOwn(sketch.roles, name) ? sketch.roles[name] : undefined,
    )
    if (!approval || roles.length === 0) return []
    const users = roles.flatMap((role) => (role && role.groups.length === 0 ? role.users : ['']))
    if (users.includes('')) return []
    const people = new Set(users.map((user) => sketch.people.find((accounts) => accounts.includes(user))?.[0] ?? user))
    if (approval.quorum <= people.size) return []
    const allowed = `at most ${people.size}, for so many people can approve`
    return [{ path: [...path, 'approval', 'quorum'], message: found(approval.quorum, allowed) }]
  })
}

/** Somebody has to break it, and somebody else to sign that off. */
function unattendedGlass(sketch: Sketch): Problem[] {
  if (sketch.admins !== undefined) return []
  return places(sketch).flatMap(({ place, path }) =>
    place.breakGlass ? [{ path: [...path, 'breakGlass'], message: 'needs `admins`, the role that may do it' }] : [],
  )
}

function badPromotions({ services }: Sketch): Problem[] {
  return entries(services).flatMap(([service, { environments }]) => {
    const from = (name: string) =>
      Object.hasOwn(environments, name) ? environments[name]?.promoteFrom?.environment : undefined
    return Object.keys(environments).flatMap((environment): Problem[] => {
      const first = from(environment)
      if (first === undefined || first === '') return []
      const path = ['services', service, 'environments', environment, 'promoteFrom', 'environment']
      const others = Object.keys(environments).filter((name) => name !== environment)
      if (!others.includes(first)) {
        return [
          {
            path,
            message: found(
              first,
              `another environment of ${service}${others.length > 0 ? `: ${others.join(', ')}` : ''}`,
              nearest(first, others),
            ),
          },
        ]
      }
      const way = [environment]
      for (let next: string | undefined = first; next !== undefined; next = from(next)) {
        if (way.includes(next)) return [{ path, message: `goes in a circle: ${[...way, next].join(' → ')}` }]
        way.push(next)
      }
      return []
    })
  })
}

function badRegistries({ registries = {} }: Sketch): Problem[] {
  return Object.entries(registries).flatMap(([host, registry]): Problem[] => {
    const path = ['registries', host]
    if (!hostPattern.test(host)) return [{ path, message: found(host, allowedHost) }]
    if (!registry?.insecure || loopback.test(host)) return []
    return [{ path: [...path, 'insecure'], message: found(true, 'false, since the host is not this machine itself') }]
  })
}

const loopback = /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/

/** When an image was built is the registry's to say. */
function agelessImages(sketch: Sketch): Problem[] {
  return places(sketch).flatMap(({ place: { imagePolicy }, path }): Problem[] => {
    const resolve = imagePolicy?.resolve ?? (sketch.registries ? 'required' : 'off')
    if (imagePolicy?.maxAge === undefined || resolve !== 'off') return []
    const message = needsRegistry('`resolve: required` beside it')
    return [{ path: [...path, 'imagePolicy', 'maxAge'], message }]
  })
}

function trafficWithNobodyToAsk(sketch: Sketch): Problem[] {
  const { clusters } = sketch
  return places(sketch).flatMap(({ place: { cluster, traffic }, path }): Problem[] => {
    const known = Object.hasOwn(clusters, cluster) ? clusters[cluster] : undefined
    if (!traffic || traffic.url !== undefined || !known || known.prometheus !== undefined) return []
    return [{ path: [...path, 'traffic'], message: `needs \`url\`, or \`clusters.${cluster}.prometheus\`` }]
  })
}

/** What is known of an image is known of its digest. */
function gatesWithoutDigest(sketch: Sketch): Problem[] {
  return places(sketch).flatMap(({ place: { imagePolicy, gates }, path }) => {
    const resolve = imagePolicy?.resolve ?? (sketch.registries ? 'required' : 'off')
    return gates.flatMap(({ type }, index): Problem[] => {
      if (resolve !== 'off' || !['scan', 'signature'].includes(type)) return []
      return [{ path: [...path, 'gates', index], message: needsRegistry('`imagePolicy.resolve: required`') }]
    })
  })
}

function needsRegistry(other: string): string {
  return `needs the registry to be asked: \`registries\`, or ${other}`
}

function gatesWithNobodyToAsk(sketch: Sketch): Problem[] {
  const { clusters } = sketch
  return places(sketch).flatMap(({ place: { cluster, gates }, path }) =>
    gates.flatMap(({ type, url }, index): Problem[] => {
      const known = own(clusters, cluster)
      if (!known) return []
      const lacks =
        type === 'alerts' ? 'alertmanager' : type === 'prometheus' && url === undefined ? 'prometheus' : undefined
      if (lacks === undefined || known[lacks] !== undefined) return []
      const orElse = lacks === 'prometheus' ? '`url`, or ' : ''
      return [{ path: [...path, 'gates', index], message: `needs ${orElse}\`clusters.${cluster}.${lacks}\`` }]
    }),
  )
}

function badAlertLabels({ clusters }: Sketch): Problem[] {
  return entries(clusters).flatMap(([cluster, { alertLabels = {} }]) =>
    Object.keys(alertLabels)
      .filter((name) => !labelName.test(name))
      .map((name) => ({ path: ['clusters', cluster, 'alertLabels', name], message: found(name, allowedLabel) })),
  )
}

function badWebhooks({ alerts }: Sketch): Problem[] {
  return entries(alerts.webhooks).flatMap(([name, { labels }]): Problem[] => {
    const path = ['alerts', 'webhooks', name]
    const unnamed = namePattern.test(name) ? [] : [{ path, message: found(name, `a name of ${allowedName}`) }]
    const taken = reservedWebhookNames.includes(name)
      ? [{ path, message: `a sender cannot be called ${name}: /webhooks/${name} has a format of its own` }]
      : []
    const bad = Object.keys(labels).filter((label) => !labelName.test(label))
    return [
      ...unnamed,
      ...taken,
      ...bad.map((label) => ({ path: [...path, 'labels', label], message: found(label, allowedLabel) })),
    ]
  })
}

/** Whether that is no time or a whole day, nobody could say. */
function badWindows(sketch: Sketch): Problem[] {
  const ofPlaces = places(sketch).flatMap(({ place, path }) => [
    ...emptyOrWhole(place.windows, [...path, 'windows']),
    ...emptyOrWhole(place.quietHours, [...path, 'quietHours']),
  ])
  return [...ofPlaces, ...emptyOrWhole(sketch.quietHours, ['quietHours'])]
}

function emptyOrWhole(all: Sketch['quietHours'], path: Path): Problem[] {
  return all.flatMap((window, index): Problem[] => {
    if (!window || window.from === '' || window.from !== window.to) return []
    const message = `begins and ends at ${window.from}; for a whole day: from "00:00" to "24:00"`
    return [{ path: [...path, index], message }]
  })
}

function remindersOutOfOrder(sketch: Sketch): Problem[] {
  return places(sketch).flatMap(({ place: { reminders }, path }): Problem[] => {
    const { after = '30m', escalateAfter = '2h' } = reminders ?? {}
    const [first, second] = [parseDuration(after), parseDuration(escalateAfter)]
    if (first === undefined || second === undefined || first < second) return []
    const which = reminders?.escalateAfter === undefined ? 'after' : 'escalateAfter'
    const allowed = which === 'after' ? `less than escalateAfter (${escalateAfter})` : `more than after (${after})`
    return [{ path: [...path, 'reminders', which], message: found(reminders?.[which], allowed) }]
  })
}

function noticesToNobody(sketch: Sketch): Problem[] {
  const ofServices = entries(sketch.services).flatMap(([service, { notify }]) =>
    badRecipients(notify, ['services', service, 'notify']),
  )
  return [
    ...ofServices,
    ...places(sketch).flatMap(({ place, path }) => badRecipients(place.notify, [...path, 'notify'])),
  ]
}

function badRecipients(all: Place['notify'], path: Path): Problem[] {
  return all.flatMap((one, index): Problem[] => {
    if (!one || (one.channel === undefined) !== (one.user === undefined)) return []
    return [{ path: [...path, index], message: 'needs a `channel` or a `user`, and not both' }]
  })
}

function shrinkingBatches(sketch: Sketch): Problem[] {
  return places(sketch).flatMap(({ place: { strategy }, path }) =>
    strategy.batches.flatMap((batch, index): Problem[] => {
      const earlier = strategy.batches.slice(0, index).find((one) => isAtLeast(one, batch))
      if (earlier === undefined) return []
      const allowed = `more than the ${JSON.stringify(earlier)} before it, because batches are cumulative`
      return [{ path: [...path, 'strategy', 'batches', index], message: found(batch, allowed) }]
    }),
  )
}

/** Of a count and a share nobody can say which is more before the replicas are known, unless the share is all. */
function isAtLeast(one: number | string, other: number | string): boolean {
  if (one === '100%') return true
  return typeof one === typeof other && Number.parseInt(`${one}`, 10) >= Number.parseInt(`${other}`, 10)
}

function entries<T>(record: Record<string, T>): [string, NonNullable<T>][] {
  return Object.entries(record).flatMap(([name, value]) => (value == null ? [] : [[name, value] satisfies [string, T]]))
}
