import type { Log } from '../engine/parts.ts'
import type { Proposals } from '../engine/ports.ts'
import type { Surface } from '../engine/surface.ts'
import type { Messages } from '../messages/en.ts'
import type { Place } from '../upgrade/proposals.ts'
import { explain } from './failure.ts'
import { isPosted, type Note } from './shown.ts'
import { type PutParts, putter } from './sync.ts'
import type { Desired } from './views/messages.ts'
import { proposalId, proposalMessage } from './views/proposal.ts'

export type ProposalDisplayParts = Omit<PutParts, 'surface'> & {
  surface: Pick<Surface, 'now' | 'policyFor'>
  proposals: Pick<Proposals, 'of'>
  messages: Messages
  log: Log
}

/**
 * Brings Slack into line with what is proposed in a place; one at a time for each.
 *
 * @returns milliseconds until it has to be tried again, if it has to
 */
export function createProposals(parts: ProposalDisplayParts): (place: Place) => Promise<number | undefined> {
  const { surface, proposals, shown, messages, log } = parts
  return async (place) => {
    const { service, environment } = place
    const policy = surface.policyFor(service, environment)
    const { offers } = await proposals.of(place)
    if (!policy || offers.length === 0) return undefined
    const subject = { id: proposalId(place), channel: policy.channel }
    try {
      const notes = new Map<string, Note>(Object.entries(await shown.load(subject.id)))
      const put = putter(parts, subject, notes)
      let waitMs: number | undefined
      // What is proposed now goes before what is not any more.
      for (const offer of offers.toReversed()) {
        const desired = proposalMessage(offer, policy, messages)
        if (!desired || isShown(desired, notes.get(desired.key))) continue
        const later = await put(desired)
        if (later) waitMs = Math.min(waitMs ?? later.waitMs, later.waitMs)
      }
      return waitMs
    } catch (error) {
      const { why, waitMs } = explain(error)
      log.warn({ service, environment, err: error }, `what is proposed of ${service} is shown later (${why})`)
      return waitMs
    }
  }
}

/** Nobody knows what one without a hash says. */
function isShown({ moment }: Desired, note: Note | undefined): boolean {
  return isPosted(note) && note.moment === moment && note.hash !== ''
}
