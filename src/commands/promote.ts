import { nearest } from '../upgrade/nearest.ts'
import { lastSuccess } from '../upgrade/promotion.ts'
import { type Command, say } from './command.ts'
import { commandLine } from './command-line.ts'
import { requestOf } from './place.ts'

/** How many ended upgrades of the service are looked through. */
const lookedThrough = 200

/** Asks for what succeeded last where the configuration wants versions to come from. */
export const promote: Command = {
  options: ['reason', 'strategy', 'batches'],
  async run(parsed, context) {
    const { surface, messages } = context
    const [service = '', ...rest] = parsed.words.filter((word) => word !== 'to')
    const services = surface.services()
    const known = services.find(({ name }) => name === service)
    if (!known) {
      const names = services.map(({ name }) => name)
      const meant = nearest(service, names)
      const works = meant && commandLine(['promote', meant, ...(rest[0] ? ['to', rest[0]] : [])])
      return say(messages.mistakes.unknownService(service, names, meant, works))
    }
    const places = known.environments.filter((one) => surface.policyFor(service, one)?.promoteFrom)
    const environment = rest[0] ?? (places.length === 1 ? places[0] : undefined)
    const from = environment && surface.policyFor(service, environment)?.promoteFrom
    if (!from || !places.includes(environment)) return say(messages.mistakes.notPromotable(service, places))
    const ended = await surface.ended({ service, limit: lookedThrough })
    const proof = lastSuccess(ended, from.environment)
    if (!proof) return say(messages.mistakes.nothingToPromote(service, from.environment))
    const { version } = proof.request
    const input = await requestOf({ ...parsed, words: [service, version, 'in', environment] }, context)
    if ('mistake' in input) return say(input.mistake)
    const { reason = messages.promotedFrom(proof.id) } = input.found
    const outcome = await surface.request({ ...input.found, reason })
    if ('refused' in outcome) return say(messages.refusal(outcome.refused, input.found))
    return say(messages.answers.asked(outcome.upgrade, await context.linkTo(outcome.upgrade)))
  },
}
