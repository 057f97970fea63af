import type { Deliveries } from '../../src/slack/listeners/deliveries.ts'

/** As Redis remembers them, without forgetting. */
export function inMemoryDeliveries(): Deliveries & { states: ReadonlyMap<string, 'underWay' | 'done'> } {
  const states = new Map<string, 'underWay' | 'done'>()
  const answers = new Map<string, string>()
  return {
    states,
    async first(signature) {
      const isFirst = !states.has(signature)
      states.set(signature, 'done')
      return isFirst
    },
    async claim(id) {
      const state = states.get(id)
      if (!state) states.set(id, 'underWay')
      return state ?? 'mine'
    },
    async done(id, answer) {
      states.set(id, 'done')
      if (answer !== undefined) answers.set(id, answer)
    },
    answerTo: async (id) => answers.get(id),
    async release(id) {
      states.delete(id)
    },
    async note() {},
  }
}
