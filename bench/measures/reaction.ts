import type { FakeCluster } from '../../test/fakes/cluster/cluster.ts'
import type { Message } from '../../test/fakes/slack/slack.ts'
import { alice, carol, channel, namespace, repository } from '../../test/shop.ts'
import { aMoment, type Ground, inPhase, openGround, openQuestion, requested, service, within } from '../ground.ts'
import type { Measure } from '../report.ts'

const replicas = 20
const version = '1.5.0'
/** A pod at a time: each of them is the last of its batch. */
const batches = Array.from({ length: replicas }, (_, index) => index + 1)
const readyDelayMs: [number, number] = [30, 120]

/** How soon Rollcall acts: on a click, and on a pod that becomes Ready. */
export const reaction: Measure = async ({ quick, progress }) => {
  const upgrades = quick ? 2 : 6
  const asking = Array.from({ length: upgrades }, (_, index) => `asks-${index + 1}`)
  const going = Array.from({ length: upgrades }, (_, index) => `goes-${index + 1}`)
  const ground = await openGround(
    Object.fromEntries([
      ...asking.map((name) => [name, service({ batches, maxSurge: 2 })] as const),
      ...going.map((name) => [name, service({ batches, maxSurge: 2, continue: 'auto' })] as const),
    ]),
    { replicas, cluster: { readyDelayMs } },
  )
  try {
    const clicked: Clicked[] = []
    for (const name of asking) {
      progress(`clicks on Continue, ${name} of ${upgrades}`)
      clicked.push(await clickThrough(ground, name))
    }
    const ran: Ran[] = []
    for (const name of going) {
      progress(`automatic batches, ${name} of ${upgrades}`)
      ran.push(await letRun(ground, name))
    }
    return [
      {
        id: 'continue',
        what: 'click on Continue → the patch reaches the API server',
        unit: 'ms',
        limit: { of: 'median', atMost: 50 },
        runs: clicked.map(({ patch }) => patch),
      },
      {
        id: 'continue-acknowledged',
        what: '… of this, until the click is acknowledged',
        unit: 'ms',
        runs: clicked.map(({ acknowledged }) => acknowledged),
      },
      {
        id: 'ready',
        what: 'last pod of a batch Ready → the next patch',
        unit: 'ms',
        limit: { of: 'median', atMost: 100 },
        runs: ran.map(({ nextPatch }) => nextPatch),
      },
      {
        id: 'ready-batch',
        what: '… → the next batch begins, the controllers’ own work included',
        unit: 'ms',
        runs: ran.map(({ nextBatch }) => nextBatch),
      },
      {
        id: 'ready-question',
        what: '… → the question is in Slack',
        unit: 'ms',
        runs: clicked.map(({ question }) => question),
      },
    ]
  } finally {
    await ground.stop()
  }
}

type Clicked = { patch: number[]; acknowledged: number[]; question: number[] }

/** One upgrade whose batches are all continued by a click; from each click to the patch that begins the batch. */
async function clickThrough({ cluster, slack }: Ground, name: string): Promise<Clicked> {
  const clicked: Clicked = { patch: [], acknowledged: [], question: [] }
  const id = await requested(slack, name, version)
  const follow = followed(cluster, name)
  let answered: Message | undefined
  await press(slack, alice, await openQuestion(slack, id, 'start'), 'approve')
  for (let batch = 1; batch < replicas; batch++) {
    answered = await openQuestion(slack, id, 'continue', answered)
    clicked.question.push(performance.now() - follow.lastReadyAt())
    await aMoment()
    const patched = follow.nextPatch()
    const from = performance.now()
    const { ms } = await press(slack, carol, answered, 'continue')
    clicked.acknowledged.push(ms)
    clicked.patch.push((await within(10_000, `the patch after a click on ${id}`, patched)) - from)
  }
  await inPhase(slack, id, 'succeeded')
  follow.stop()
  return clicked
}

function press(slack: Ground['slack'], user: string, { ts }: Message, actionId: string) {
  return slack.click({ user, channel, ts, actionId, confirm: true })
}

type Ran = { nextPatch: number[]; nextBatch: number[] }

/** One upgrade that needs nobody after its start; from each pod that becomes Ready to what Rollcall does next. */
async function letRun({ cluster, slack }: Ground, name: string): Promise<Ran> {
  const ran: Ran = { nextPatch: [], nextBatch: [] }
  const id = await requested(slack, name, version)
  const follow = followed(cluster, name, ({ at, readyAt, first, beginsBatch }) => {
    if (first) ran.nextPatch.push(at - readyAt)
    if (beginsBatch) ran.nextBatch.push(at - readyAt)
  })
  await aMoment()
  await press(slack, alice, await openQuestion(slack, id, 'start'), 'approve')
  await inPhase(slack, id, 'succeeded')
  follow.stop()
  return ran
}

type Patch = {
  at: number
  /** When the newest pod became Ready. */
  readyAt: number
  /** No patch since that pod. */
  first: boolean
  /** The patch that leads out of the rest between two batches. */
  beginsBatch: boolean
}

/** Takes the time of every patch of a Deployment, and of its new pods becoming Ready, as the API server stores them. */
function followed(cluster: FakeCluster, name: string, onPatch?: (patch: Patch) => void) {
  const image = `${repository(name)}:${version}`
  let readyAt = Number.NaN
  let first = false
  let waiting: ((at: number) => void)[] = []
  const stop = cluster.onChange(({ type, resource, object, previous }) => {
    if (object.metadata.namespace !== namespace || type !== 'MODIFIED' || !previous) return
    const at = performance.now()
    if (resource === 'pods' && object.metadata.labels?.app === name) {
      const ready = isReady(object) && !isReady(previous) && imageOf(object) === image
      if (!ready) return
      readyAt = at
      first = true
    }
    const patched = object.metadata.generation !== previous.metadata.generation
    if (resource !== 'deployments' || object.metadata.name !== name || !patched) return
    for (const resolve of waiting.splice(0)) resolve(at)
    if (!Number.isNaN(readyAt)) onPatch?.({ at, readyAt, first, beginsBatch: isHeld(object) && !isHeld(previous) })
    first = false
  })
  return {
    stop: () => {
      waiting = []
      stop()
    },
    lastReadyAt: () => readyAt,
    nextPatch: () => new Promise<number>((resolve) => waiting.push(resolve)),
  }
}

function isReady({ status }: { status?: unknown }): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some((one) => one.type === 'Ready' && one.status === 'True')
}

function imageOf({ spec }: { spec?: unknown }): string | undefined {
  return (spec as { containers?: { image: string }[] }).containers?.[0]?.image
}

/** Between batches the workload has its own timings back; at the next one they are held again. */
function isHeld({ spec }: { spec?: unknown }): boolean {
  return ((spec as { minReadySeconds?: number }).minReadySeconds ?? 0) > 1_000_000_000
}
