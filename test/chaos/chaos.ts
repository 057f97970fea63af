/** One run: a control plane, a Redis, Slack, several processes of Rollcall, people, and everything that can go wrong. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { apiClient } from '../control-plane/api-client.ts'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { namespace, shopSlack } from '../shop.ts'
import { type AssaultFigures, openAssault } from './assault.ts'
import { openBoard } from './board.ts'
import { available, createDeployment, restored } from './cluster-judge.ts'
import { type Fleet, openFleet, type Slot } from './fleet.ts'
import { startFrontDoor } from './front-door.ts'
import { openOracle } from './oracle.ts'
import { type PeopleOptions, play, type Told } from './people.ts'
import { everyWrite, mainWrites, planOf } from './plan.ts'
import { type Random, randomFrom } from './random.ts'
import { startDurableRedis } from './redis-server.ts'
import { configOf, erin, imageOf, type Service, scriptOf, servicesOf } from './service.ts'
import { judgeTrail } from './trail-judge.ts'
import { startWitness } from './witness.ts'

export type ChaosOptions = {
  seed: number
  /** Kills at random times. */
  kills: number
  /** Kills before and after each kind of write; half as many cut connections. */
  around: number
  /** Every kind of write by itself, or the main ones, each of which stands for several. */
  writes: 'every' | 'main'
  /** At least so many. */
  upgrades: number
  services: number
  processes: number
  progress(text: string): void
}

export type Violation = { invariant: string; what: string; upgrade?: string; at: string }

export type ChaosReport = AssaultFigures & {
  seed: number
  violations: Violation[]
  /** Upgrades by how they ended. */
  outcomes: Record<string, number>
  /** Decisions that Slack saw acknowledged. */
  decisions: number
  auditEntries: number
  /** Changes of ReplicaSets and pods that were judged. */
  looks: number
  minutes: number
  /** Until the last stroke, without the calm at both ends. */
  assaultMinutes: number
  /** For whoever has to find out: chains of the upgrades in question, and the end of each log. */
  findings: string
}

/** Longer than any upgrade takes that is not stuck: its processes die all the time. */
const stalledAfterMs = 300_000
const restoredWithinMs = 90_000
const quietWithinMs = 180_000

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const since = Date.now()
  const random = randomFrom(options.seed)
  const services = servicesOf(random.of(), options.services)
  const plan = planOf(random.of(), { ...options, writes: options.writes === 'every' ? everyWrite : mainWrites })
  const scripts = services.map(() => random.of())
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-chaos-'))
  const violations: Violation[] = []
  const violated = (invariant: string, what: string, upgrade?: string) => {
    violations.push({ invariant, what, at: new Date().toISOString(), ...(upgrade !== undefined && { upgrade }) })
    options.progress(`VIOLATED: ${invariant}: ${what}`)
  }

  const closing: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })]
  const opened = <T>(one: T, close: (one: T) => unknown): T => {
    closing.unshift(async () => close(one))
    return one
  }
  try {
    const cluster = opened(await controlPlaneForRollcall([100, 600]), (one) => one.stop())
    const redisServer = opened(await startDurableRedis(), (one) => one.stop())
    const slack = opened(await shopSlack(), (one) => one.stop())
    slack.addUser({ id: erin, name: 'erin' })
    const { admin } = cluster.controlPlane
    const client = opened(apiClient(admin), (one) => one.close())
    const redis = opened(new Redis(redisServer.url, { maxRetriesPerRequest: null }), (one) => one.disconnect())
    redis.on('error', () => {})

    await Promise.all(services.map(({ deployment }) => createDeployment(client, deployment)))
    const originals = await Promise.all(services.map(({ name }) => available(client, name)))
    const oracle = openOracle()
    const witness = opened(await startWitness({ connection: admin, namespace, violated }), (one) => one.stop())
    for (const service of services) {
      oracle.stands(imageOf(service, '1.4.2'))
      witness.watch(service.name, {
        replicas: service.replicas,
        mostWanted: service.replicas + service.surge,
        leastReady: service.replicas - service.unavailable,
        allowed: oracle.allowed,
      })
    }

    const assault = openAssault({
      plan,
      around: options.writes === 'every' ? options.around : 0,
      slack,
      restartRedis: (downMs) => redisServer.restart(downMs),
      restartApiServer: (downMs) => cluster.controlPlane.restartApiServer(downMs),
      violated,
      progress: options.progress,
    })
    const token = await tokenOf(cluster.kubeconfig)
    const fleet: Fleet = opened(
      await openFleet({
        slots: options.processes,
        dir,
        config: configOf(services),
        redis: redisServer,
        cluster: { ...admin, token },
        slack,
        onWrite: assault.onWrite,
      }),
      (one) => one.stop(),
    )
    const door = opened(await startFrontDoor(fleet.slots), (one) => one.stop())
    slack.connect({ requestUrl: door.url })

    const told: Told[] = []
    const people: PeopleOptions = { slack, board: openBoard(slack), oracle, violated, stalledAfterMs }
    let assaulted = false
    const began = Date.now()
    let assaultMs = 0
    const assaulting = assault.run(fleet.slots).finally(() => {
      assaulted = true
      assaultMs = Date.now() - began
      options.progress('no more strokes; the upgrades under way go on to their end')
    })

    /** One upgrade of a service after the other, each from where the one before ended. */
    async function upgrade(service: Service, random: Random, index: number): Promise<void> {
      let image = imageOf(service, '1.4.2')
      for (let number = 1; !assaulted || told.length < options.upgrades; number++) {
        if (violations.length > 0) return
        const script = scriptOf(random, service, number)
        const wanted = imageOf(service, script.version)
        const one = await play(people, random, service, script)
        told.push(one)
        if (script.outcome === 'succeeded') {
          oracle.stands(wanted)
          image = wanted
        }
        const before = originals[index]
        const left = before ? await restored(client, service.name, { before, image, withinMs: restoredWithinMs }) : []
        for (const what of left) violated('nothing of Rollcall is left', what, one.id)
        if (script.outcome !== 'succeeded') oracle.isOver(wanted)
        options.progress(`${one.id} ${one.outcome}`)
      }
    }
    const played = Promise.all(
      services.map((service, index) => upgrade(service, scripts[index] ?? random.of(), index)),
    ).finally(() => assault.end())
    await Promise.all([assaulting, played])
    await quiet(fleet, redis)
    const { entries, decisions } = await judgeTrail({
      ...{ redis, slack, oracle, services, told, rises: witness.rises, violated },
    })
    const verdict = await auditVerify(redisServer.url)
    if (verdict !== undefined) violated('the audit trail verifies', verdict)
    const findings = violations.length > 0 ? await gather(redis, fleet.slots, violations) : ''
    return {
      ...assault.figures,
      seed: options.seed,
      violations,
      outcomes: countBy(told.map(({ outcome }) => outcome)),
      decisions,
      auditEntries: entries,
      looks: witness.looks,
      minutes: (Date.now() - since) / 60_000,
      assaultMinutes: assaultMs / 60_000,
      findings,
    }
  } finally {
    for (const close of closing) await close().catch((error: unknown) => options.progress(`closing: ${String(error)}`))
  }
}

/** Waits until nothing is due any more: edits that nobody waits for take their turn, a minute or more. */
async function quiet(fleet: Fleet, redis: Redis): Promise<void> {
  const deadline = Date.now() + quietWithinMs
  // What can be rolled back for hours is due then.
  const soon = () => redis.zcount('{rollcall}:due', '-inf', Date.now() + 3_600_000)
  while ((await soon()) > 0 && Date.now() < deadline) await delay(250)
  for (const { life } of fleet.slots) life?.kill('SIGTERM')
  await Promise.all(fleet.slots.map(({ life }) => life?.ended))
}

async function tokenOf(kubeconfig: string): Promise<string> {
  const { users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as { users: { user: { token: string } }[] }
  return users[0]?.user.token ?? ''
}

const source = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** @returns what `rollcall audit verify` complains of, if it does */
async function auditVerify(redisUrl: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(process.execPath, [source, 'audit', 'verify'], {
      env: { PATH: process.env.PATH, REDIS_URL: redisUrl },
    })
    return undefined
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return `${stdout}${stderr}`.trim()
  }
}

/** Chains of the upgrades that went wrong, and what the processes said last. */
async function gather(redis: Redis, slots: readonly Slot[], violations: readonly Violation[]): Promise<string> {
  const ids = new Set(violations.flatMap(({ upgrade }) => upgrade ?? []))
  const chains = await Promise.all(
    [...ids].map(async (id) => `--- ${id}\n${(await redis.lrange(`{rollcall}:audit:${id}`, 0, -1)).join('\n')}`),
  )
  const logs = await Promise.all(
    slots.map(async ({ index, logFile }) => {
      const lines = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n')
      const of = lines.filter((line) => [...ids].some((id) => line.includes(id))).slice(-60)
      return `--- slot ${index}, of these upgrades\n${of.join('\n')}\n--- slot ${index}, last\n${lines.slice(-40).join('\n')}`
    }),
  )
  return [...chains, ...logs].join('\n')
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
