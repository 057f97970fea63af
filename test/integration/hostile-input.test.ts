import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { keys } from '../../src/store/keys.ts'
import { hostileTexts } from '../any-text.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { Pod, ReplicaSet } from '../fakes/cluster/objects.ts'
import { updateStatus } from '../fakes/cluster/registry.ts'
import type { FakeSlack, Interacted } from '../fakes/slack/slack.ts'
import { harmOfPayload, harmOfText } from '../harmless.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import {
  alice,
  channel,
  type Desk,
  dana,
  desk,
  namespace,
  nina,
  oscar,
  shopConfig,
  shopDeployment,
  shopSlack,
} from '../shop.ts'

/** Each of these has a workload whose labels, annotations, images and pods say hostile things, a part of them each. */
const troubled = ['waiting', 'unplaced', 'refused']

const config = shopConfig({
  web: {},
  ...Object.fromEntries(
    troubled.map((name) => [
      name,
      { strategy: { readyTimeout: '2s' }, environment: { onFailure: 'hold', gitops: 'warn' } },
    ]),
  ),
})

let cluster: FakeCluster
let server: RedisServer
let redis: Redis
let slack: FakeSlack
let rollcall: Rollcall
let people: Desk

beforeAll(async () => {
  cluster = await startCluster()
  server = await startRedis()
  redis = new Redis(server.url)
  slack = await shopSlack()
  slack.addUser({ id: 'U0VICTIM', name: 'victim' })
  for (const [index, { id }] of slack.users().entries()) {
    const name = hostileTexts[index % hostileTexts.length] ?? ''
    slack.modifyUser(id, { name, realName: name })
  }
  cluster.seed([shopDeployment('web'), ...troubled.map((name, index) => hostileDeployment(name, index))])
  rollcall = await startRollcall({ config, redisUrl: server.url, kubeconfig: cluster.kubeconfig, slack })
  people = desk(slack, 20_000)
}, 90_000)
afterAll(async () => {
  await rollcall.stop()
  redis.disconnect()
  await slack.stop()
  await server.stop()
  await cluster.stop()
})

/** Whatever a test did: everything that anybody was shown could do no harm, and Slack took all of it. */
afterEach(() => {
  const refused = slack.calls
    .filter(({ answer }) => answer?.ok === false)
    .map(({ method, answer }) => ({ method, answer }))
  expect(refused).toEqual([])
  expect(slack.calls.flatMap(({ args }) => harmOfPayload(args)).slice(0, 5)).toEqual([])
  expect(slack.deliveries.flatMap(({ body }) => harmOfPayload(parsed(body))).slice(0, 5)).toEqual([])
  expect(harmOfText(rollcall.output())).toEqual([])
  const told = cluster.store.list('events').map((one) => Reflect.get(one, 'message') as unknown)
  expect(told.flatMap((message) => harmOfPayload(message)).slice(0, 5)).toEqual([])
  expect(rollcall.log().filter(({ level }) => Number(level) >= 50)).toEqual([])
})

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return body
  }
}

/** Every third of the hostile texts, as one that Kubernetes would keep: without blanks around it. */
function someTexts(which: number): string {
  return hostileTexts
    .filter((text, index) => index % troubled.length === which && text.length < 1_000)
    .join(' | ')
    .toWellFormed()
    .trim()
}

function hostileDeployment(name: string, which: number) {
  const said = someTexts(which)
  const annotations = {
    'kubernetes.io/change-cause': said,
    'argocd.argoproj.io/tracking-id': `${said}:apps/Deployment`,
    'meta.helm.sh/release-name': said,
  }
  const labels = { app: name, 'kustomize.toolkit.fluxcd.io/name': said, 'app.kubernetes.io/instance': said }
  const manifest = shopDeployment(name, { replicas: 2 }, { annotations, labels })
  const [container] = manifest.spec.template.spec.containers
  if (container) container.image = `registry.example.com/shop/${name}:${said}`
  return manifest
}

async function inTurns<T, R>(items: readonly T[], width: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += width) {
    results.push(...(await Promise.all(items.slice(start, start + width).map(act))))
  }
  return results
}

async function counted(code: string): Promise<number> {
  const text = await (await fetch(`${rollcall.url}/metrics`)).text()
  return Number(new RegExp(`^rollcall_refusals_total\\{code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

/** State, trail and counters of all upgrades, the chain of refusals left out. */
async function everythingDecided(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const key of await redis.keys('{rollcall}:upgrade:*')) found[key] = await redis.get(key)
  for (const key of await redis.keys('{rollcall}:count:*')) found[key] = await redis.get(key)
  return found
}

describe('whatever is typed, pressed or said by a cluster', () => {
  it('commands are answered, harmlessly, and change nothing', async () => {
    const before = await everythingDecided()
    const commands = hostileTexts.flatMap((text) => [
      text,
      `web ${text}`,
      `web 1.5.0 in ${text}`,
      `web 1.5.0 --${text}`,
      `web 1.5.0 --batches ${text}`,
      `web 1.5.0 --strategy "${text}"`,
      `web 1.5.0 --reason "${text}"`,
      `${text} 1.5.0 in production`,
      `plan web ${text}`,
      `status ${text}`,
      `pause ${text} --reason ${text}`,
      `rollback "${text}"`,
      `approve ${text}`,
      `history ${text} --csv`,
      `audit ${text}`,
      `help ${text}`,
      `list ${text}`,
    ])
    const answered = await inTurns(commands, 16, async (text): Promise<[string, Interacted]> => {
      return [text, await people.type(nina, text)]
    })
    for (const [text, command] of answered) {
      const { text: said } = await command.reply(10_000)
      expect({ text, outcome: command.outcome, problems: command.problems }).toEqual({
        text,
        outcome: 'acknowledged',
        problems: [],
      })
      expect(said).not.toContain('Something broke')
    }
    expect(await everythingDecided()).toEqual(before)
    expect(await counted('NOT_ALLOWED')).toBeGreaterThan(0)
  }, 120_000)

  it('reasons are quoted, and end no quotation', async () => {
    const reasons = hostileTexts.filter((text) => text.length < 200)
    const perUpgrade = 6
    for (let start = 0, n = 1; start < reasons.length; start += perUpgrade, n++) {
      const reason = reasons.slice(start, start + perUpgrade).join(' ')
      const typed = reason.replace(/["“”„‟«»″]/g, '')
      const id = `web-production-${n}`
      await people.type(dana, `web 1.5.0 --reason "${typed}"`)
      const asked = await people.question(id, 'start')
      const dialog = await (await people.press(alice, asked, 'reject')).modal()
      await slack.submitView({ view: dialog.id, values: { reason: reason.slice(0, 500) } })
      const live = await people.live(id, 'rejected')
      expect(live.text.split('«')).toHaveLength(2)
      expect(live.text.split('»')).toHaveLength(2)
      for (const command of [`status ${id}`, `audit ${id}`, 'history --csv', 'history'])
        await people.type(nina, command)
    }
  }, 120_000)

  it('buttons that Rollcall did not write decide nothing, and are counted', async () => {
    const id = `web-production-${Number(await redis.get(keys.count('web', 'production'))) + 1}`
    await people.type(dana, 'web 1.5.0')
    const question = await people.question(id, 'start')
    const before = await everythingDecided()
    const counts = [await counted('UNREADABLE'), await counted('UNKNOWN')]
    const genuine = { u: id, s: 0, p: 'f'.repeat(64) }
    const values = [
      ...hostileTexts.filter((text) => text.length <= 2_000),
      '',
      'null',
      '[]',
      '{}',
      '['.repeat(1_900),
      JSON.stringify({ ...genuine, s: -1 }),
      JSON.stringify({ ...genuine, s: 1.5 }),
      JSON.stringify({ ...genuine, s: '0' }),
      JSON.stringify({ ...genuine, x: 1 }),
      JSON.stringify({ ...genuine, u: ['a'] }),
      JSON.stringify({ u: id }),
      JSON.stringify({ u: id, s: 0 }),
      `{"__proto__":{"u":"${id}","s":0},"s":0}`,
    ]
    const unreadable = values.filter((value) => value !== '{"u":"web-production-1","s":0}')
    const tampered = await inTurns(unreadable, 16, (value) =>
      slack.rawAction({ user: alice, channel, ts: question.ts, action: { action_id: 'approve', value } }),
    )
    // In the right form, and of no question that is open: another plan, another step, another upgrade, a decided one.
    const stale = [genuine, { ...genuine, s: 3 }, { ...genuine, u: 'web-production-1' }, { ...genuine, u: 'nothing-1' }]
    const refused = await inTurns(stale, 4, (value) =>
      slack.rawAction({
        user: alice,
        channel,
        ts: question.ts,
        action: { action_id: 'approve', value: JSON.stringify(value) },
      }),
    )
    const actions = hostileTexts.filter((text) => text.length <= 255)
    const unknown = await inTurns(actions, 16, (action_id) =>
      slack.rawAction({ user: alice, channel, ts: question.ts, action: { action_id, value: JSON.stringify(genuine) } }),
    )
    for (const press of [...tampered, ...refused, ...unknown]) {
      expect(press.outcome).toBe('acknowledged')
      await press.reply(10_000)
    }
    expect(await everythingDecided()).toEqual(before)
    expect([await counted('UNREADABLE'), await counted('UNKNOWN')]).toEqual([
      (counts[0] ?? 0) + unreadable.length,
      (counts[1] ?? 0) + actions.length,
    ])
    await people.type(dana, `cancel ${id}`)
    await people.live(id, 'cancelled')
  }, 120_000)

  it.each(troubled)(
    'what labels, images and pods say is shown, and no more than that: %s',
    async (name) => {
      const said = someTexts(troubled.indexOf(name))
      const id = `${name}-production-1`
      const end = cluster.onChange(() => queueMicrotask(() => trouble(name, said)))
      await people.type(dana, `${name} 1.5.0-unready`)
      await people.approve(id)
      await people.live(id, 'paused')
      await people.type(nina, `status ${id}`)
      await people.type(oscar, `rollback ${id} --reason "${said.replace(/["“”„‟«»″]/g, '').slice(0, 500)}"`)
      end()
      await people.live(id, 'rolledBack')
    },
    60_000,
  )

  it('the command line shows nothing that would steer a terminal, and writes no formula', async () => {
    for (const args of [['history'], ['history', '--csv'], ['audit', 'verify'], ['audit', 'export']]) {
      const { code, out, err } = await run(args, { REDIS_URL: server.url })
      expect({ args, code, harm: [...harmOfText(out), ...harmOfText(err)] }).toEqual({ args, code: 0, harm: [] })
      expect(out.length).toBeGreaterThan(0)
    }
    const { out } = await run(['history', '--csv'], { REDIS_URL: server.url })
    expect(out.split(/\n|,(?=")|,/).filter((cell) => /^"?[=+@-]/.test(cell))).toEqual([])
  }, 60_000)

  it('a hostile configuration or kubeconfig is refused in a few plain lines', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rollcall-hostile-'))
    const file = join(dir, 'rollcall.yaml')
    const kubeconfig = join(dir, 'kubeconfig')
    const names = hostileTexts.map((text) => text.toWellFormed())
    await writeFile(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
        users: [{ name: 'u', user: {} }],
        contexts: names.map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
        'current-context': names[0],
      }),
    )
    const named = <T>(value: (name: string) => T) => Object.fromEntries(names.map((name) => [name, value(name)]))
    const hostile = {
      ...config,
      ...named(() => 1),
      clusters: { eu: { context: names[4] }, ...named((context) => ({ context })) },
      roles: { ...config.roles, ...named((name) => ({ users: [name], groups: [name] })) },
      people: names.map((name) => [name, name]),
      services: {
        ...config.services,
        ...named((name) => ({ image: name, dependsOn: [name], environments: { [name]: name } })),
      },
    }
    await writeFile(file, stringify(hostile))
    const { code, out, err } = await run(['validate', file], { KUBECONFIG: kubeconfig })
    expect({ code, harm: [...harmOfText(out), ...harmOfText(err)] }).toEqual({ code: 2, harm: [] })
    const [heading = '', ...lines] = err.trimEnd().split('\n')
    expect(heading).toMatch(/ has \d{3} problems:$/)
    expect(lines.slice(0, -1).filter((line) => !line.startsWith(`  ${file}:`))).toEqual([])
    expect(lines.every(({ length }) => length < 1_000)).toBe(true)
    await rm(dir, { recursive: true })
  }, 120_000)
})

/** Gives the new pods of a service, or its ReplicaSet, something hostile to say. */
function trouble(name: string, said: string): void {
  const { store } = cluster
  if (name === 'refused') {
    for (const set of store.list('replicasets', namespace) as ReplicaSet[]) {
      if (set.metadata.labels?.app !== name || set.spec.template.spec.containers[0]?.image.endsWith(said)) continue
      const condition = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: said }
      const conditions = [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }]
      if (JSON.stringify(set.status).includes('ReplicaFailure')) continue
      updateStatus(store, 'replicasets', { ...set, status: { ...set.status, conditions } } as ReplicaSet)
    }
    return
  }
  for (const pod of store.list('pods', namespace) as Pod[]) {
    if (pod.metadata.labels?.app !== name || pod.metadata.deletionTimestamp) continue
    const [container] = pod.status?.containerStatuses ?? []
    if (!container || container.ready || container.state?.waiting?.reason === said) continue
    const state = { waiting: { reason: said, message: said } }
    const lastState = { terminated: { reason: said, message: said, exitCode: 1 } }
    const containerStatuses = [{ ...container, state, lastState }]
    updateStatus(store, 'pods', { ...pod, status: { ...pod.status, containerStatuses } } as Pod)
  }
}

function run(args: string[], env: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env }, timeout: 30_000, maxBuffer: 50_000_000 }
    execFile(process.execPath, ['src/main.ts', ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err })
    })
  })
}
