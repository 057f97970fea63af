import { parseArgs } from 'node:util'
import type { Api } from '../kubernetes/api.ts'
import { type Clusters, openClusters } from '../kubernetes/clusters.ts'
import { loadKubeConfig } from '../kubernetes/kubeconfig.ts'
import { whoAmI } from '../kubernetes/who-am-i.ts'
import { kindFor, kinds } from '../targets/index.ts'
import { awaitAnswer, type Brake, refusedStops } from '../targets/workload/brake.ts'
import { nameOf, type Ref } from '../targets/workload/requests.ts'
import { stopMark } from '../targets/workload/stop-marks.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { OutsideChange } from '../upgrade/upgrade.ts'
import { disturbance } from './disturbance.ts'
import { configuredTarget, type Found, findUpgrade } from './find-upgrade.ts'
import { exit, type Io } from './io.ts'

/** How long Rollcall has to answer before it is done without it, seconds. */
const patience = { usual: 10, longest: 600 }

type Verb = { name: 'pause' | 'rollback'; value: Brake['value']; does: string }

const verbs = {
  pause: { name: 'pause', value: 'hold', does: 'Stops an upgrade where it is.' },
  rollback: { name: 'rollback', value: 'rollback', does: 'Brings the old version back; before the start, cancels.' },
} as const satisfies Record<string, Verb>

/** `rollcall pause ID` */
export function pause(argv: string[], io: Io): Promise<number> {
  return brake(verbs.pause, argv, io)
}

/** `rollcall rollback ID` */
export function rollback(argv: string[], io: Io): Promise<number> {
  return brake(verbs.rollback, argv, io)
}

function usage({ name, does }: Verb): string {
  return `Usage: rollcall ${name} ID [--reason TEXT] [--${namedBy.join('|--')} NAMESPACE/NAME] [--namespace NAMESPACE]
       [--context CONTEXT] [--kubeconfig FILE] [--wait SECONDS]

${does} For when Slack is away.

It needs a kubeconfig of somebody who may patch the workload, and neither Slack nor Redis nor a Rollcall that runs. It
writes what is wanted on the workload, where Rollcall takes it up; when none does so within ${patience.usual} seconds (--wait), it
is done from here, and a Rollcall that comes back accounts for it. The workload is found by the upgrade's mark on it,
or by rollcall.yaml.`
}

async function brake(verb: Verb, argv: string[], io: Io): Promise<number> {
  const asked = parse(verb, argv)
  if (asked === 'help') {
    io.out(usage(verb))
    return exit.ok
  }
  const configured = asked.workload ? undefined : await configuredTarget(asked.id, io)
  const kubeConfig = loadKubeConfig(asked.kubeconfig ? { ...io.env, KUBECONFIG: asked.kubeconfig } : io.env)
  const cluster = asked.context ?? configured?.context ?? kubeConfig.getCurrentContext()
  const clusters = openClusters(
    () => kubeConfig,
    () => ({ [cluster]: { context: cluster } }),
  )
  try {
    return await brakeOn(verb, asked, clusters, cluster, configured?.ref, io)
  } finally {
    clusters.close()
  }
}

async function brakeOn(
  { value, name }: Verb,
  asked: Asked,
  clusters: Clusters,
  cluster: string,
  configured: Ref | undefined,
  io: Io,
): Promise<number> {
  const { api, defaultNamespace } = clusters.get(cluster)
  const { id, workload, namespace, reason } = asked
  const found = await findUpgrade(
    api,
    { cluster, namespace: defaultNamespace },
    { id, ...(workload && { workload }), ...(namespace && { namespace }), ...(configured && { configured }) },
  )
  const { ref } = found
  const say = (line: string) => io.out(`${ref.namespace}/${ref.name}: ${line}`)
  const by = await whoAmI(api)
  const saidBefore = found.marked ? new Map<string, string>() : await refusedStops(api, ref)
  const wanted: Brake = { value, upgrade: id, marked: found.marked, ...(by && { by }), ...(reason && { reason }) }
  await kindFor(ref)
    .writeStop(api, ref, wanted)
    .catch((error: unknown) => {
      throw forThoseWithoutRights(error, ref, by)
    })
  say(`${stopMark}=${value} is on it${by ? `, as ${by}` : ''}`)
  if (asked.waitMs > 0) say(`waiting for Rollcall, ${asked.waitMs / 1000} seconds at most`)
  switch (await awaitAnswer(api, ref, wanted, asked.waitMs)) {
    case 'taken': {
      const said = found.marked ? new Map<string, string>() : await refusedStops(api, ref)
      const refused = [...said].find(([event]) => !saidBefore.has(event))?.[1]
      if (refused === undefined) io.out(taken(found, value, id))
      else io.err(refused)
      return refused === undefined ? exit.ok : exit.failed
    }
    case 'replaced':
      io.err(`Somebody else has written another ${stopMark} in its place. Look what it says, then run this again.`)
      return exit.failed
    case 'unanswered':
      return byItself(api, found, wanted, name, say, io)
  }
}

/** A stop is on the workload, and nobody takes it: the caller's own rights do it. */
async function byItself(
  api: Api,
  { ref, marked }: Found,
  wanted: Brake,
  name: Verb['name'],
  say: (line: string) => void,
  io: Io,
): Promise<number> {
  const { upgrade, value } = wanted
  const afterwards = `${stopMark} stays on it, and a Rollcall that comes back accounts for it by that.`
  if (!marked) {
    io.out(
      `No Rollcall answers. Nothing of ${upgrade} is on the workload, so there is nothing to ${name}. ${afterwards}`,
    )
    return exit.ok
  }
  if (!(await kindFor(ref).takeInHand(api, ref, wanted))) {
    io.out(taken({ ref, marked }, value, upgrade))
    return exit.ok
  }
  say('no Rollcall answers; it is done from here')
  if (value === 'hold') {
    const held = await kindFor(ref).hold(api, ref, say)
    switch (held.outcome) {
      case 'held':
        io.out(
          `Held: ${held.updated} of ${held.total} replicas are on the new revision, and nothing moves. ${afterwards}`,
        )
        return exit.ok
      case 'rollingBack':
        io.err(`${upgrade} is on its way back, and that is not paused.`)
        return exit.failed
      case 'untouched':
        io.out(`Nothing of ${upgrade} is on the workload any more.`)
        return exit.ok
      case 'disturbed':
        return disturbed(held.change, wanted, io)
    }
  }
  const restored = await kindFor(ref).restore(api, ref, say, { leaveStop: true })
  switch (restored.outcome) {
    case 'restored':
      io.out(`Rolled back: everything is as it was before ${restored.upgrade}. ${afterwards}`)
      return exit.ok
    case 'untouched':
      io.out(`Nothing of ${upgrade} is on the workload any more.`)
      return exit.ok
    case 'disturbed':
      return disturbed(restored.change, wanted, io)
  }
}

function disturbed(change: OutsideChange, { upgrade, value }: Brake, io: Io): number {
  if (change.kind === 'ahead' && change.stamp.startsWith(`${upgrade}@`)) {
    io.out(`A Rollcall is back and goes on with it: ${upgrade} ${value === 'hold' ? 'is held' : 'rolls back'}.`)
    return exit.ok
  }
  io.err(disturbance(change))
  return exit.failed
}

function taken({ marked }: Found, value: Brake['value'], id: string): string {
  // Without a mark only Rollcall knows whether the workload is the upgrade's.
  if (!marked) return `Rollcall has taken it: ${unmarked[value](id)}`
  return `Rollcall has taken it: ${id} ${value === 'hold' ? 'is held' : 'rolls back'}.`
}

const unmarked = {
  hold: (id: string) => `if ${id} waits for its start on this workload, it is held.`,
  rollback: (id: string) =>
    `if ${id} waits for its start on this workload, it is cancelled; if it has just succeeded there, it rolls back.`,
}

function forThoseWithoutRights(error: unknown, ref: Ref, by: string | undefined): unknown {
  if (!(error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN')) return error
  const who = by ?? 'You'
  return new RollcallError('CLUSTER_FORBIDDEN', `${who} may not patch ${nameOf(ref)}. Nothing was changed.`, {
    hint: `Whoever may patch the workload may stop its upgrade. deploy/rbac.yaml has the role rollcall-brake for people on call.\n${error.message}`,
    cause: error,
  })
}

/** Options that name a workload of each kind: `--deployment shop/web`. */
const namedBy = kinds.flatMap(({ names: [option] }) => option ?? [])

type Asked = {
  id: string
  waitMs: number
  workload?: Ref
  namespace?: string
  context?: string
  kubeconfig?: string
  reason?: string
}

function parse(verb: Verb, argv: string[]): Asked | 'help' {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      ...Object.fromEntries(namedBy.map((option) => [option, text])),
      namespace: { ...text, short: 'n' },
      context: text,
      kubeconfig: text,
      reason: text,
      wait: { ...text, default: String(patience.usual) },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return 'help'
  const wrong = (message: string) => new RollcallError('USAGE', message, { hint: usage(verb) })
  const [id, ...more] = positionals
  if (!id || more.length > 0) throw wrong(`${verb.name} takes the ID of one upgrade, such as web-production-14.`)
  const seconds = Number(values.wait)
  if (!(seconds >= 0 && seconds <= patience.longest)) {
    throw wrong(`--wait takes seconds, from 0 to ${patience.longest}: not ${JSON.stringify(values.wait)}.`)
  }
  const { namespace, context, kubeconfig, reason } = values
  const named = kinds.flatMap(({ kind, names: [option = ''] }): Ref[] => {
    const text = (values as Record<string, unknown>)[option]
    if (typeof text !== 'string') return []
    const place = placeOf(text, namespace)
    if (!place) throw wrong(`--${option} takes NAMESPACE/NAME: not ${JSON.stringify(text)}.`)
    return [{ kind, ...place }]
  })
  const [workload, ...others] = named
  if (others.length > 0) throw wrong('One workload at a time.')
  return {
    id,
    waitMs: seconds * 1000,
    ...(workload && { workload }),
    ...(namespace !== undefined && { namespace }),
    ...(context !== undefined && { context }),
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(reason !== undefined && { reason }),
  }
}

/** `shop/web`, or `web` with `--namespace shop`. */
function placeOf(text: string, namespace: string | undefined): Pick<Ref, 'namespace' | 'name'> | undefined {
  const [, place = namespace, name] = /^(?:([a-z0-9-]+)\/)?([a-z0-9.-]+)$/.exec(text) ?? []
  return place && name ? { namespace: place, name } : undefined
}
