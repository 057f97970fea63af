import { phaseOf } from '../upgrade/phase.ts'
import type { Refusal } from '../upgrade/refusal.ts'
import { currentStep, openAcceptance, type Upgrade } from '../upgrade/upgrade.ts'
import { type Command, type Context, type Reply, say } from './command.ts'
import { upgradeOf } from './upgrade-id.ts'

type Forward = 'approve' | 'reject' | 'accept' | 'decline' | 'continue' | 'resume'

/** Where each of these words has something to decide. */
const asked = {
  approve: { phase: 'awaitingApproval', event: 'approved' },
  reject: { phase: 'awaitingApproval', event: 'rejected' },
  accept: { phase: 'verifying', event: 'accepted' },
  decline: { phase: 'verifying', event: 'declined' },
  continue: { phase: 'awaitingContinue', event: 'continued' },
  resume: { phase: 'paused', event: 'resumed' },
} as const

/** A forward word decides nothing: it shows what is to be decided, with its buttons. */
function openQuestion(name: Forward): Command {
  return {
    options: [],
    async run(parsed, context) {
      const outcome = await upgradeOf(name, parsed, context)
      if ('mistake' in outcome) return say(outcome.mistake)
      return questionOr(name, outcome.found, context)
    },
  }
}

/** The open question if that is what the word answers, else why it answers nothing. */
export async function questionOr(name: Forward, upgrade: Upgrade, { surface, messages }: Context): Promise<Reply> {
  if (isAsked(name, upgrade)) return { kind: 'question', upgrade }
  return say(messages.refusal(whyNot(name, upgrade, await surface.now()), { upgrade }))
}

/** While it verifies, somebody may be asked to accept. */
function isAsked(name: Forward, upgrade: Upgrade): boolean {
  const { phase } = asked[name]
  return phaseOf(upgrade) === phase && (phase !== 'verifying' || openAcceptance(upgrade) !== undefined)
}

function whyNot(name: Forward, upgrade: Upgrade, now: string): Refusal {
  const phase = phaseOf(upgrade)
  const step = currentStep(upgrade)
  if (phase === 'paused') return { code: 'PAUSED' }
  if (name === 'continue' && step?.kind === 'soak' && upgrade.at.path === 'steps') {
    const elapsedMs = Date.parse(now) - Date.parse(upgrade.at.since)
    return { code: 'SOAKING', remainingMs: Math.max(0, step.durationMs - elapsedMs) }
  }
  return { code: 'NOT_NOW', event: asked[name].event, phase }
}

export const approve = openQuestion('approve')
export const reject = openQuestion('reject')
export const accept = openQuestion('accept')
export const decline = openQuestion('decline')
export const continueCommand = openQuestion('continue')
export const resume = openQuestion('resume')
