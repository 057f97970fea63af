import { type Action, startTour, type Tour } from '../guide.ts'
import { type Step, tourOf } from '../tour.ts'
import type { World } from '../world.ts'
import type { TourState } from './protocol.ts'

const patienceMs = 60_000

/** The guided tour, one action at a time: whoever looks at the page says when. */
export function createTourGuide(world: World) {
  const steps = tourOf(world)
  const tour = startTour(world, patienceMs)
  let step = 0
  let at = 0
  let told: Pick<TourState, 'output' | 'problem' | 'actor'> = {}

  function state(): TourState {
    const { title, told: text, actions, check }: Step = steps[Math.min(step, steps.length - 1)] ?? nothingToTell
    return {
      step,
      steps: steps.length,
      title,
      told: text,
      actions: actions.map((action) => wordsOf(action, tour)),
      claim: check.claim,
      at,
      isYours: actions[at]?.kind === 'presses',
      ...told,
    }
  }

  return {
    look: async () => state(),

    /** Somebody at the page has done it. */
    async done(): Promise<TourState> {
      if (steps[step]?.actions[at]?.kind === 'presses') at += 1
      return state()
    },

    /** Does the next action of the step, then makes sure of what it claims, then turns to the next step. */
    async next(): Promise<TourState> {
      const current = steps[step]
      if (!current) return state()
      try {
        const action = current.actions[at]
        told = {}
        if (action) {
          const output = await action.run(tour)
          told = { ...(output && { output }), ...(action.who && { actor: world.people[action.who].id }) }
        } else if (at === current.actions.length) await current.check.holds(tour)
        at += 1
      } catch (error) {
        told = { problem: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }
      }
      if (at > current.actions.length) {
        step += 1
        at = 0
      }
      return state()
    },

    stop: () => tour.stop(),
  }
}

const nothingToTell: Step = {
  title: 'No tour',
  told: 'The tour needs a shop with two services.',
  actions: [],
  check: { claim: '', holds: async () => {} },
}

/** `alice presses Approve`; of what is still to come not everything is known yet. */
function wordsOf(action: Action, tour: Tour): string {
  const { who, kind } = action
  try {
    return kind === 'watches' ? action.words(tour) : `${who ?? 'somebody'} ${kind} ${action.words(tour)}`
  } catch {
    return `${who ?? 'somebody'} ${kind} …`
  }
}
