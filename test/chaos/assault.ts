import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import type { Side, Write } from './crossing.ts'
import type { Life, Slot } from './fleet.ts'
import { type Aimed, covers, type Plan, type Stroke, strokesAt, type Weather } from './plan.ts'

export type AssaultOptions = {
  plan: Plan
  /** Strokes at a kind of write that the plan does not know. */
  around: number
  slack: FakeSlack
  restartRedis(downMs: number): Promise<void>
  restartApiServer(downMs: number): Promise<void>
  violated(invariant: string, what: string): void
  progress(text: string): void
}

export type AssaultFigures = {
  /** By what was done, and for strokes at a write by which. */
  strokes: Record<string, number>
  weather: Record<string, number>
  /** Every kind of write that passed, and how often. */
  writes: Record<string, number>
  starts: number
  /** Starts that ended by themselves, because something was away. */
  failedStarts: number
  /** Strokes at writes that never came. */
  missed: string[]
  /** From a kill until the process in its place listens, milliseconds. */
  restartMs: number[]
  /** From a kill until any process commits, or writes to the cluster or to Slack, milliseconds. */
  recoveryMs: number[]
}

export type Assault = {
  /** Whether a write, or its answer, may pass. */
  onWrite(slot: Slot, write: Write, side: Side): boolean
  /** Starts every slot, carries the plan out, and leaves a process running in each slot. */
  run(slots: readonly Slot[]): Promise<void>
  /** No further strokes: what there is to find out has been. */
  end(): void
  figures: AssaultFigures
}

/** How many of the writes to strike at are waited for at once. */
const aimedAtOnce = 16
/** How long a write to strike at is waited for. */
const patienceMs = 15_000
/** So many times in vain, and the writes that are left are given up. */
const vainly = 8
/** Kubernetes gives a process 30 s to end; Rollcall promises ten, and this machine is busy. */
const graceMs = 25_000
const effects = /^(redis commit|cluster|slack)/

export function openAssault({ plan, slack, violated, progress, ...world }: AssaultOptions): Assault {
  const figures: AssaultFigures = {
    ...{ strokes: {}, weather: {}, writes: {}, starts: 0, failedStarts: 0, missed: [], restartMs: [], recoveryMs: [] },
  }
  const isAimed = (stroke: Stroke): stroke is Aimed => stroke.stroke === 'kill at' || stroke.stroke === 'cut at'
  const aimed = plan.strokes.filter(isAimed)
  /** In order; an aimed one only says that it is the turn of one, the writes decide which. */
  const turns = plan.strokes.map((stroke) => (isAimed(stroke) ? 'aim' : stroke))
  const weather = [...plan.weather]
  /** Writes that were waited for in vain: from then on they are struck whenever they come. */
  const rare = new Set<Aimed>()
  const aiming = new Map<Slot, (stroke: Aimed) => void>()
  const firstWrite = new Map<Slot, () => void>()
  let unrecovered: number[] = []
  let struck = 0
  let vain = 0
  let weathering: Promise<void> = Promise.resolve()
  let roughUntil = 0

  const count = (into: Record<string, number>, what: string) => {
    into[what] = (into[what] ?? 0) + 1
  }

  function onWrite(slot: Slot, write: Write, side: Side): boolean {
    if (side === 'before') {
      if (!figures.writes[write]) meet(write)
      count(figures.writes, write)
      if (effects.test(write) && unrecovered.length > 0) {
        figures.recoveryMs.push(...unrecovered.map((at) => Date.now() - at))
        unrecovered = []
      }
    }
    firstWrite.get(slot)?.()
    const life = slot.life
    if (!life?.ready || life.asked) return true
    const hit = aiming.get(slot)
    const waitedFor = hit ? new Set([...rare, ...common().slice(0, aimedAtOnce)]) : rare
    const stroke = [...waitedFor].find((one) => one.side === side && covers(one.write, write))
    if (!stroke) return true
    aimed.splice(aimed.indexOf(stroke), 1)
    rare.delete(stroke)
    if (stroke.stroke === 'kill at') {
      life.kill()
      unrecovered.push(Date.now())
    }
    done(`${stroke.stroke} ${stroke.write}, ${stroke.side}`)
    hit?.(stroke)
    return false
  }

  function common(): Aimed[] {
    return aimed.filter((one) => !rare.has(one))
  }

  /** A kind of write that nobody has listed is struck like the others. */
  function meet(write: Write): void {
    if (plan.writes.some((known) => covers(known, write))) return
    const strokes = strokesAt(write, world.around)
    aimed.push(...strokes)
    turns.push(...strokes.map((): 'aim' => 'aim'))
  }

  async function run(slots: readonly Slot[]): Promise<void> {
    await Promise.all(slots.map(attack))
    await weathering
    await Promise.all(slots.map((slot) => (slot.life?.over === false ? undefined : revive(slot))))
    figures.missed = aimed.map(({ stroke, write, side }) => `${stroke} ${write}, ${side}`)
  }

  function end(): void {
    turns.length = 0
  }

  async function attack(slot: Slot): Promise<void> {
    for (;;) {
      const turn = turns.shift()
      if (!turn) return
      if (turn !== 'aim' && turn.stroke === 'kill at start') {
        await endQuietly(slot)
        const life = begin(slot)
        await delay(turn.afterMs)
        await kill(life)
        done('kill at start')
        continue
      }
      const life = slot.life?.over === false ? slot.life : await revive(slot)
      if (turn === 'aim') await aim(slot, life)
      else {
        await Promise.race([wrote(slot).then(() => delay(turn.afterMs)), life.ended])
        // A rare write came first: then it is this stroke's turn again.
        if (life.asked) turns.unshift(turn)
        else {
          await (turn.stroke === 'terminate' ? terminate(life) : kill(life))
          done(turn.stroke)
        }
      }
      if (life.asked) await life.ended
    }
  }

  async function aim(slot: Slot, life: Life): Promise<void> {
    if (aimed.length === 0) return
    if (common().length === 0 && turns.some((turn) => turn !== 'aim')) return void turns.push('aim')
    const stroke = await Promise.race([
      new Promise<Aimed>((resolve) => aiming.set(slot, resolve)),
      delay(patienceMs, undefined),
      life.ended.then(() => undefined),
    ])
    aiming.delete(slot)
    if (stroke) vain = 0
    else {
      for (const one of common().slice(0, aimedAtOnce)) rare.add(one)
      vain++
      if (vain < vainly) turns.push('aim')
    }
  }

  async function kill(life: Life): Promise<void> {
    life.kill()
    unrecovered.push(Date.now())
    await life.ended
  }

  async function endQuietly({ life }: Slot): Promise<void> {
    if (!life || life.over) return
    life.kill()
    await life.ended
  }

  async function terminate(life: Life): Promise<void> {
    life.kill('SIGTERM')
    const rough = () => Date.now() < roughUntil
    const roughBefore = rough()
    const ended = await Promise.race([life.ended, delay(graceMs, undefined)])
    if (!ended) {
      violated('SIGTERM ends a process', `process ${life.pid} of slot ${life.slot} still ran after ${graceMs} ms`)
      await kill(life)
    } else if (ended.code !== 0 && !roughBefore && !rough()) {
      violated('SIGTERM ends a process', `process ${life.pid} of slot ${life.slot} ended with code ${ended.code}`)
    }
  }

  function begin(slot: Slot): Life {
    const life = slot.start()
    figures.starts++
    return life
  }

  /** Starts a process in a slot, over and over while something that it needs is away. */
  async function revive(slot: Slot): Promise<Life> {
    const since = Date.now()
    for (;;) {
      const life = begin(slot)
      while (!life.over && !life.ready) await delay(25)
      if (life.ready) {
        figures.restartMs.push(Date.now() - since)
        void watchOver(life)
        return life
      }
      figures.failedStarts++
      if (Date.now() - since > 120_000) {
        const said = await readFile(slot.logFile, 'utf8')
        throw new Error(`no process starts in slot ${slot.index}:\n${said.slice(-2_000)}`)
      }
      await delay(300)
    }
  }

  async function watchOver(life: Life): Promise<void> {
    const { code, signal } = await life.ended
    if (life.asked) return
    violated('nothing ends a process but a signal', `process ${life.pid} of slot ${life.slot}: ${code ?? signal}`)
  }

  function wrote(slot: Slot): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        firstWrite.delete(slot)
        resolve()
      }
      firstWrite.set(slot, go)
      setTimeout(go, 3_000)
    })
  }

  function done(what: string): void {
    count(figures.strokes, what)
    struck++
    if (struck % 10 === 0) progress(`${struck} of ${plan.strokes.length} strokes`)
    for (let next = weather[0]; next && next.at <= struck; next = weather[0]) {
      const now = next
      weather.shift()
      weathering = weathering.then(() => storm(now))
    }
  }

  async function storm(now: Weather): Promise<void> {
    roughUntil = Number.POSITIVE_INFINITY
    try {
      switch (now.weather) {
        case 'redis restarts':
          await world.restartRedis(now.downMs)
          break
        case 'API server restarts':
          await world.restartApiServer(now.downMs)
          break
        case 'API connections cut':
          for (const slot of slotsSeen) slot.cutCluster()
          break
        case 'slack':
          slack.fault(now.fault)
          count(figures.weather, `slack ${now.fault.kind}`)
          return
      }
      count(figures.weather, now.weather)
    } finally {
      roughUntil = Date.now() + 15_000
    }
  }

  const slotsSeen: Slot[] = []
  return {
    onWrite,
    async run(slots) {
      slotsSeen.push(...slots)
      await run(slots)
    },
    end,
    figures,
  }
}
