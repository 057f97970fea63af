import { RollcallError } from '../upgrade/error.ts'
import { own } from '../upgrade/own.ts'
import type { VariableProblem } from './environment.ts'
import type { Config } from './schema.ts'

/** As a webhook is signed with: 24 to 64 bytes in base64. */
const signingSecret = /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/

/** @returns what is wrong with the variables that gates name; never a value */
export function gateSecretProblems(config: Config, secrets: Readonly<Record<string, string>>): VariableProblem[] {
  const { signing, others } = namedIn(config)
  return [...new Set([...signing, ...others])].flatMap((variable): VariableProblem[] => {
    const secret = own(secrets, variable)
    if (secret === undefined) return [{ variable, isSet: false, needed: 'the configuration names it' }]
    return signing.includes(variable) && !signingSecret.test(secret)
      ? [{ variable, isSet: true, needed: 'whsec_ and 24 to 64 bytes in base64' }]
      : []
  })
}

/**
 * A gate without its secret would be found out in the middle of an upgrade.
 *
 * @throws RollcallError ENVIRONMENT_INVALID, whose message holds no value
 */
export function needGateSecrets(config: Config, secrets: Readonly<Record<string, string>>): void {
  const problems = gateSecretProblems(config, secrets).map(({ variable, isSet, needed }) =>
    isSet ? `  ${variable} does not have its form: ${needed}` : `  ${variable} is not set, and ${needed}`,
  )
  if (problems.length === 0) return
  throw new RollcallError('ENVIRONMENT_INVALID', ['Gates lack their secrets:', ...problems].join('\n'), {
    hint: 'Set these environment variables; echo "whsec_$(openssl rand -base64 32)" makes a secret for a webhook.',
  })
}

function namedIn({ clusters, services, onCall }: Config): { signing: string[]; others: string[] } {
  const places = Object.values(services).flatMap(({ environments }) => Object.values(environments))
  const gates = places.flatMap((place) => place.gates.measured)
  const tokens = [
    ...Object.values(clusters).flatMap(({ prometheus, alertmanager }) => [prometheus, alertmanager]),
    ...places.map(({ traffic }) => traffic),
    ...[{ onCall }, ...Object.values(services)].map((one) => one.onCall?.schedule),
    ...gates,
  ]
  return {
    signing: gates.flatMap((gate) => (gate.type === 'webhook' ? [gate.secretEnv] : [])),
    others: tokens.flatMap((one) => (one && 'tokenEnv' in one && one.tokenEnv !== undefined ? [one.tokenEnv] : [])),
  }
}
