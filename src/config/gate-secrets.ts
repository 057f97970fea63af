import { RollcallError } from '../upgrade/error.ts'
import type { Config } from './schema.ts'

/**
 * A gate without its secret would be found out in the middle of an upgrade.
 *
 * @throws RollcallError ENVIRONMENT_INVALID
 */
export function needGateSecrets(config: Config, secrets: Readonly<Record<string, string>>): void {
  const missing = [...namedIn(config)].filter((name) => !Object.hasOwn(secrets, name))
  if (missing.length === 0) return
  throw new RollcallError('ENVIRONMENT_INVALID', `Gates need secrets that are not set: ${missing.join(', ')}.`, {
    hint: 'Set each of these environment variables, or take `tokenEnv` or `secretEnv` out of the configuration.',
  })
}

function namedIn({ clusters, services }: Config): Set<string> {
  const gates = Object.values(services)
    .flatMap(({ environments }) => Object.values(environments))
    .flatMap((place) => place.gates.measured)
  const tokens = [...Object.values(clusters).map(({ prometheus }) => prometheus), ...gates].flatMap((one) =>
    one && 'tokenEnv' in one && one.tokenEnv !== undefined ? [one.tokenEnv] : [],
  )
  return new Set(tokens)
}
