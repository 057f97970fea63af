import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { interactiveElements } from '../../test/fakes/slack/slack.ts'
import { alice, channel, nina } from '../../test/shop.ts'
import { askFile, startBareBolt } from '../child.ts'
import { openGround, openQuestion, requested, within } from '../ground.ts'
import type { Measure } from '../report.ts'
import type { Order, Outcome } from '../slack-load.ts'

const perSecond = 200

/** `/upgrade status`, `/upgrade list`, approvals and their withdrawal, all at once and at a fixed rate. */
export const acknowledgement: Measure = async ({ quick, progress }) => {
  const rounds = quick ? 1 : 3
  const names = Array.from({ length: 20 }, (_, index) => `ack-${index + 1}`)
  // Two approvals are needed and only one person gives theirs, so that no upgrade ever starts.
  const services = names.map((name) => [name, { environment: { approval: { quorum: 2 } } }] as const)
  const ground = await openGround(Object.fromEntries(services), { replicas: 3 })
  const bolt = await startBareBolt(ground.slack.signingSecret)
  const answers = await countAnswers()
  try {
    const ids: string[] = []
    const questions: Order['questions'] = []
    for (const name of names) {
      const id = await requested(ground.slack, name, '1.5.0')
      const { ts, blocks } = await openQuestion(ground.slack, id, 'start')
      const button = interactiveElements(blocks ?? []).find(({ actionId }) => actionId === 'approve')
      ids.push(id)
      questions.push({ user: alice, ts, value: String(button?.element.value) })
    }
    const order: Omit<Order, 'url'> = {
      signingSecret: ground.slack.signingSecret,
      responseUrl: answers.url,
      team: ground.slack.teamId,
      channel,
      perSecond,
      warmUpMs: quick ? 2_000 : 5_000,
      durationMs: quick ? 5_000 : 15_000,
      commands: {
        user: nina,
        texts: ids.flatMap((id, index) => [`status ${id}`, index % 2 ? 'list' : `status ${id}`]),
      },
      questions,
    }
    const ours: Outcome[] = []
    const theirs: Outcome[] = []
    const cpuMsPerRequest: number[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`${perSecond} requests a second, round ${round} of ${rounds}`)
      const before = await counters(ground.rollcall.url)
      answers.expect(0)
      const outcome = await askFile<Outcome>('slack-load.ts', { ...order, url: `${ground.rollcall.url}/slack/events` })
      refuseFailures('Rollcall', outcome)
      // An acknowledgement alone is worth nothing: every command is answered, every click stored.
      await within(30_000, 'every command is answered', answers.expect(outcome.sent.commands))
      const after = await counters(ground.rollcall.url)
      const stored = after.decisions - before.decisions
      if (stored !== outcome.sent.clicks) throw new Error(`${outcome.sent.clicks} clicks, ${stored} decisions stored`)
      ours.push(outcome)
      const { commands, clicks } = outcome.sent
      cpuMsPerRequest.push(((after.cpuSeconds - before.cpuSeconds) * 1000) / (commands + clicks))
      const bare = await askFile<Outcome>('slack-load.ts', { ...order, url: `${bolt.url}/slack/events` })
      refuseFailures('the bare Bolt app', bare)
      theirs.push(bare)
    }
    const row = (id: string, what: string, pick: (outcome: Outcome) => number[]) => ({
      id,
      what,
      unit: 'ms' as const,
      limit: { of: 'p99' as const, atMost: 200 },
      runs: ours.map(pick),
      peer: { what: 'a Bolt app that only acknowledges', runs: theirs.map(pick) },
      detail: { cpuMsPerRequest, late: ours.map(({ late }) => Math.max(...late)) },
    })
    return [
      row('acknowledge', `\`/upgrade\` or a click → acknowledged, ${perSecond} requests a second`, (one) => [
        ...one.commands,
        ...one.clicks,
      ]),
      row('acknowledge-click', '… of these, clicks that decide', ({ clicks }) => clicks),
    ]
  } finally {
    answers.stop()
    await bolt.stop()
    await ground.stop()
  }
}

function refuseFailures(who: string, { failures }: Outcome): void {
  if (Object.keys(failures).length > 0) throw new Error(`${who} did not acknowledge all: ${JSON.stringify(failures)}`)
}

/** Approvals and withdrawals that are stored, and the processor's time so far, as the metrics count them. */
async function counters(url: string): Promise<{ decisions: number; cpuSeconds: number }> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const sum = (name: RegExp) =>
    [...metrics.matchAll(new RegExp(`^${name.source} ([\\d.]+)$`, 'gm'))].reduce((all, [, one]) => all + Number(one), 0)
  return {
    decisions: sum(/rollcall_events_total\{.*event="(?:approved|withdrawn)".*\}/),
    cpuSeconds: sum(/process_cpu_seconds_total/),
  }
}

/** Slack's side of response URLs. */
async function countAnswers() {
  let answered = 0
  let awaited: { count: number; resolve(): void } | undefined
  const look = () => {
    if (awaited && answered >= awaited.count) awaited.resolve()
  }
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.end('ok')
      answered++
      look()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    /** Resolves once there were so many answers since the last call with 0. */
    expect(count: number): Promise<void> {
      if (count === 0) answered = 0
      return new Promise((resolve) => {
        awaited = { count, resolve }
        look()
      })
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
