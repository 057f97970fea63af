import type { RequestInput, RequestRefusal } from '../engine/surface.ts'
import type { Markup } from '../messages/markup.ts'
import { isVersion } from '../upgrade/image-reference.ts'
import { nearest } from '../upgrade/nearest.ts'
import type { Context } from './command.ts'
import { batchesOf, startOf, strategies, strategyOf } from './place.ts'

/** What somebody fills in who does not type the command. A field that was left empty is absent. */
export type RequestForm = {
  service?: string
  environment?: string
  version?: string
  strategy?: string
  batches?: string
  reason?: string
  /** As `--at` takes it. */
  startAt?: string
}

export type FormField = keyof RequestForm
export type FormMistakes = Partial<Record<FormField, Markup>>

/** The request that the command would have made of it; or, in the words of the command, all that is wrong. */
export async function requestOfForm(
  form: RequestForm,
  context: Context,
): Promise<{ found: RequestInput } | { mistakes: FormMistakes }> {
  const { surface, by, requestId } = context
  const { mistakes: words } = context.messages
  const { service = '', version = '', reason } = form
  const services = surface.services()
  const names = services.map(({ name }) => name)
  const environments = services.find(({ name }) => name === service)?.environments
  const mistakes: FormMistakes = {}

  const environment = form.environment ?? (environments?.length === 1 ? environments[0] : undefined)
  if (!environments) mistakes.service = words.unknownService(service, names, nearest(service, names), undefined)
  else if (environment === undefined) mistakes.environment = words.environmentNeeded(service, environments, undefined)
  else if (!environments.includes(environment)) {
    mistakes.environment = words.unknownEnvironment(environment, service, environments, undefined)
  }

  if (version === '') mistakes.version = words.versionNeeded(service, undefined)
  else if (!isVersion(version)) mistakes.version = words.notAVersion(version, undefined)

  const strategy = form.strategy === undefined ? undefined : strategyOf(form.strategy)
  if (form.strategy !== undefined && !strategy) {
    mistakes.strategy = words.unknownStrategy(form.strategy, strategies, undefined)
  }
  const batches = form.batches === undefined ? undefined : batchesOf(form.batches)
  if (form.batches !== undefined && !batches) mistakes.batches = words.notBatches(form.batches, undefined)

  const start = await startOf(form.startAt, context, { service, environment: environment ?? '' }, () => undefined)
  if (start && 'mistake' in start) mistakes.startAt = start.mistake

  if (Object.keys(mistakes).length > 0 || environment === undefined) return { mistakes }
  return {
    found: {
      ...{ service, environment, version, by, requestId, via: 'modal' },
      overrides: { ...(strategy && { strategy }), ...(batches && { batches }) },
      ...(reason && { reason }),
      ...(start && 'found' in start && { startAt: start.found }),
    },
  }
}

/** Where a refusal is to be read: at the option that is not allowed, or at the place that it is about. */
export function fieldOf(refused: RequestRefusal): FormField {
  if (refused.code !== 'OVERRIDE_NOT_ALLOWED') return 'environment'
  return refused.option === 'strategy' ? 'strategy' : 'batches'
}
