import type { App, ReceiverEvent } from '@slack/bolt'

/**
 * Bolt acknowledges an event before anybody hears of it. A reply may be a decision, and that is acknowledged once it is
 * stored: until then nothing would bring it back after a crash. So these events get an acknowledgement that does nothing,
 * and theirs is given when the listeners are through, or as soon as one of them says so.
 */
export function acknowledgeLater(app: App, isLater: (event: unknown) => boolean): void {
  const processEvent = app.processEvent.bind(app)
  app.processEvent = async (delivery: ReceiverEvent) => {
    if (!isLater(delivery.body.event)) return processEvent(delivery)
    let acknowledged: Promise<void> | undefined
    const acknowledge = () => {
      acknowledged ??= Promise.resolve(delivery.ack())
      return acknowledged
    }
    const customProperties = { ...delivery.customProperties, acknowledge }
    await processEvent({ ...delivery, ack: async () => {}, customProperties })
    await acknowledge()
  }
}

/** Acknowledges the delivery now, if that was not done before. */
export function acknowledgementOf({ acknowledge }: { [name: string]: unknown }): () => Promise<void> {
  return typeof acknowledge === 'function' ? () => acknowledge() : async () => {}
}
