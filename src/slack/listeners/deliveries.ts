import type { App } from '@slack/bolt'
import type { ListenerParts } from './parts.ts'

/** Remembers signatures of deliveries for at least ten minutes; `true` the first time. */
export type Deliveries = { first(signature: string): Promise<boolean> }

/** A delivery that was here before, byte for byte: a replay, since Slack signs every attempt anew. */
export class Replayed extends Error {
  readonly code = 'REPLAYED'
}

/** Refuses replays before any listener hears of them. */
export function register(app: App, deliveries: Deliveries, { onRefused }: Pick<ListenerParts, 'onRefused'>): void {
  app.use(async ({ context, next }) => {
    const { signature } = context
    if (typeof signature === 'string' && !(await deliveries.first(signature))) {
      onRefused('replayed')
      throw new Replayed('this delivery was here before')
    }
    await next()
  })
}
