import type { App, ReceiverEvent } from '@slack/bolt'
import type { Log } from '../../engine/parts.ts'
import type { RefusedDelivery } from './parts.ts'

/** The events that anything here listens to; Bolt acknowledges all others, too. */
export const heardEvents: readonly string[] = ['message', 'app_mention', 'app_home_opened']

/** Nothing listens to this: it is not acknowledged, so that Slack says so to whoever sent it. */
export class Unheard extends Error {
  readonly code = 'UNHEARD'

  constructor(kind: string) {
    super(`nothing listens to ${kind}`)
    this.name = 'Unheard'
  }
}

/**
 * Refuses at once, and counts, what nothing listens to. An event of such a kind is acknowledged, since Slack sends it three
 * times more otherwise. That Slack holds events back (https://docs.slack.dev/reference/events/app_rate_limited) is logged.
 */
export function refuseUnheard(
  app: App,
  { onRefused, log }: { onRefused: (reason: RefusedDelivery) => void; log: Log },
): void {
  const processEvent = app.processEvent.bind(app)
  app.processEvent = async (delivery: ReceiverEvent) => {
    const kind = kindOf(delivery.body)
    if (kind === 'app_rate_limited') {
      log.error({ part: 'slack' }, 'Slack holds events back: replies in threads may not be heard for some minutes')
      return delivery.ack()
    }
    let isAcknowledged = false
    const acknowledge: ReceiverEvent['ack'] = async (answer) => {
      isAcknowledged = true
      await delivery.ack(answer)
    }
    if (kind !== undefined) await processEvent({ ...delivery, ack: acknowledge })
    if (isAcknowledged && !isUnheardEvent(kind)) return
    onRefused('unknown')
    log.warn({ part: 'slack', kind }, 'nothing listens to what Slack has sent')
    if (!isAcknowledged) throw new Unheard(kind ?? 'what says nothing of itself')
  }
}

function isUnheardEvent(kind: string | undefined): boolean {
  const [, event] = /^event:(.*)$/.exec(kind ?? '') ?? []
  return event !== undefined && !heardEvents.includes(event)
}

/** `command`, `block_actions`, `event:app_home_opened` …; `undefined` for what bears no kind. */
export function kindOf(body: unknown): string | undefined {
  const { command, event, type } = Object(body) as { command?: unknown; event?: unknown; type?: unknown }
  if (command !== undefined) return 'command'
  if (event !== undefined) {
    const { type: of } = Object(event) as { type?: unknown }
    return typeof of === 'string' ? `event:${of}` : undefined
  }
  return typeof type === 'string' ? type : undefined
}
