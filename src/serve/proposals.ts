import type { Redis } from 'ioredis'
import type { Parts } from '../engine/parts.ts'
import { lookAtProposals, type ProposalParts, pushReceiver } from '../engine/proposals.ts'
import type { Jobs } from '../jobs/queues.ts'
import type { Metrics } from '../observability/metrics.ts'
import { redisProposals } from '../store/proposals.ts'
import { redisTurns } from '../store/slack-state.ts'
import type { Policy } from '../upgrade/policy.ts'
import type { Place } from '../upgrade/proposals.ts'
import type { Display } from './display.ts'

export type ProposingParts = {
  store: Redis
  parts: Parts
  queue: Pick<Jobs, 'proposals'>
  metrics: Pick<Metrics, 'countPush'>
  display: Pick<Display, 'showProposals'>
}

export type Proposing = {
  /** Takes in what a registry says was pushed. */
  receive: ReturnType<typeof pushReceiver>
  /** What is proposed in a place, and what Slack shows of it. */
  look(place: Place): Promise<void>
  /** Has every place looked at where versions are proposed: what got lost is made up for. */
  lookAtAll(): Promise<void>
}

/** Proposes what was pushed. It reads what there is of upgrades, and is given nothing that could ask for one. */
export function proposing({ store, parts, queue, metrics, display }: ProposingParts): Proposing {
  const { upgrades, images, config, log } = parts
  const using: ProposalParts = {
    proposals: redisProposals(store),
    upgrades: { now: upgrades.now, active: upgrades.active, ended: upgrades.ended },
    images: { look: images.look },
    config,
    running: (policy) => imageNow(parts, policy),
    look: queue.proposals,
    log,
    onOutcome: metrics.countPush,
  }
  const inTurn = redisTurns(store)
  return {
    receive: pushReceiver(using),
    async look(place) {
      const { busyMs } = await inTurn(`proposals:${place.service}:${place.environment}`, async () => {
        const waits = [await lookAtProposals(using, place), await display.showProposals(place)]
        const again = waits.filter((ms) => ms !== undefined)
        if (again.length > 0) await queue.proposals(place, Math.min(...again))
      })
      // Whoever is at it does this too, unless it dies.
      if (busyMs) await queue.proposals(place, busyMs)
    },
    async lookAtAll() {
      for (const { service, environment } of config().wishes()) await queue.proposals({ service, environment })
    },
  }
}

/** The image that runs in a place; whoever cannot be asked tells nothing. */
async function imageNow(
  { targets, log }: Pick<Parts, 'targets' | 'log'>,
  { target, service, environment }: Policy,
): Promise<string | undefined> {
  try {
    return (await targets(target).identify(target)).image
  } catch (error) {
    log.warn({ service, environment, err: error }, `what runs of ${service} in ${environment} is not known`)
    return undefined
  }
}
