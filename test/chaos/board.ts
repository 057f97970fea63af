import type { FakeSlack, Message } from '../fakes/slack/slack.ts'

export type Board = ReturnType<typeof openBoard>

/** The channel as people see it: the newest of every message of an upgrade, by what its metadata says. */
export function openBoard(slack: FakeSlack) {
  const byUpgrade = new Map<string, Map<string, Message>>()
  const listeners = new Set<() => void>()
  slack.onChange((change) => {
    if (change.kind !== 'message') return
    const { message } = change
    const id = payloadOf(message).id
    if (typeof id !== 'string') return
    const messages = byUpgrade.get(id) ?? new Map<string, Message>()
    byUpgrade.set(id, messages.set(`${message.channel} ${message.ts}`, message))
    for (const listener of listeners) listener()
  })

  const messagesOf = (id: string, type: string) =>
    [...(byUpgrade.get(id)?.values() ?? [])].filter((one) => !one.deleted && one.metadata?.event_type === type)

  return {
    live: (id: string): Message | undefined => messagesOf(id, 'rollcall_upgrade')[0],
    phase: (id: string): string => String(payloadOf(messagesOf(id, 'rollcall_upgrade')[0]).phase ?? ''),
    result: (id: string): Message | undefined => messagesOf(id, 'rollcall_result')[0],
    /** The question that is open now. */
    question: (id: string, kind: 'start' | 'continue'): Message | undefined =>
      messagesOf(id, 'rollcall_question').find((one) => payloadOf(one).kind === kind && payloadOf(one).open === true),
    /** IDs of upgrades of a service to a version. */
    upgradesOf: (service: string, version: string): string[] =>
      [...byUpgrade.keys()].filter((id) => {
        const shown = payloadOf(messagesOf(id, 'rollcall_upgrade')[0])
        return shown.service === service && shown.version === version
      }),
    /** Waits until something holds; looks again at every change. */
    until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
      return new Promise((resolve) => {
        const finish = (held: boolean) => {
          clearTimeout(timer)
          listeners.delete(look)
          resolve(held)
        }
        const look = () => {
          if (holds()) finish(true)
        }
        const timer = setTimeout(() => finish(holds()), timeoutMs)
        listeners.add(look)
        look()
      })
    },
  }
}

export function payloadOf(message: Message | undefined): Record<string, unknown> {
  return message?.metadata?.event_payload ?? {}
}
