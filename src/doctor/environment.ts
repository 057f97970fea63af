import { examineEnvironment } from '../config/environment.ts'
import { gateSecretProblems } from '../config/gate-secrets.ts'
import { isZone } from '../upgrade/zone-time.ts'
import { type Check, finding, needed } from './check.ts'
import { codeOfConfig } from './configuration.ts'
import type { Finding } from './report.ts'
import type { Setup } from './setup.ts'
import { tokenKindIn } from './token-kinds.ts'

/** As package.json has it in `engines`. */
export const oldestNode = '22.19'

/** Of the continents that windows are most often in; a Node without them has no zones but UTC. */
const someZones = ['Europe/Berlin', 'Asia/Shanghai', 'America/New_York']

export function environmentChecks(setup: Setup): Check[] {
  const area = 'environment'
  return [
    { area, whether: 'this Node is new enough', run: async () => nodeVersion(setup) },
    { area, whether: 'this Node knows time zones', run: async () => timeZones() },
    { area, whether: 'the environment variables have their form', run: async () => variables(setup) },
    { area, whether: 'gates have their secrets', run: () => gateSecrets(setup) },
  ]
}

function nodeVersion({ nodeVersion: version }: Setup): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return []
  return [
    finding('NODE_TOO_OLD', {
      found: `This is Node ${version}.`,
      remedy: `Run Rollcall on Node ${oldestNode} or newer, or in its image.`,
    }),
  ]
}

/** @param knows whether a zone is known */
export function timeZones(knows: (zone: string) => boolean = isZone): Finding[] {
  const missing = someZones.filter((zone) => !knows(zone))
  if (missing.length === 0) return []
  return [
    finding('TIME_ZONES_MISSING', {
      found: `This Node does not know ${missing.join(', ')}.`,
      remedy: 'Use a Node with full ICU data, as those of nodejs.org and of the image are, or set NODE_ICU_DATA.',
    }),
  ]
}

/** A token of another kind is said to be that, and more of it, in the area slack. */
function variables({ env }: Setup): Finding[] {
  return examineEnvironment(env)
    .problems.filter(({ variable }) => tokenKindIn(env, variable) === undefined)
    .map(({ variable, isSet, needed: form }) =>
      finding('VARIABLE_INVALID', {
        where: variable,
        found: `${variable} ${isSet ? 'does not have its form' : 'is not set'}.`,
        remedy: `It ${form}. .env.example says how to get it.`,
      }),
    )
}

async function gateSecrets({ config, gateSecrets: secrets }: Setup): Promise<Finding[]> {
  const problems = gateSecretProblems(await needed(config(), codeOfConfig), secrets)
  return problems.map(({ variable, isSet, needed: form }) =>
    finding('GATE_SECRET_INVALID', {
      where: variable,
      found: isSet ? `${variable} does not have its form: ${form}.` : `${variable} is not set, and ${form}.`,
      remedy: `Set ${variable} in the environment of Rollcall${isSet ? '. This makes one for a webhook:' : '.'}`,
      ...(isSet && { command: 'echo "whsec_$(openssl rand -base64 32)"' }),
    }),
  )
}
