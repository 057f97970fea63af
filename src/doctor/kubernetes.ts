import type { Config } from '../config/schema.ts'
import { en } from '../messages/en.ts'
import { plainText } from '../messages/plain-text.ts'
import { scalers } from '../targets/workload/checks/scaling.ts'
import { managersOf } from '../targets/workload/managers.ts'
import { getWorkload, pluralOf } from '../targets/workload/requests.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { Policy } from '../upgrade/policy.ts'
import { type Check, finding, needed, Unmet } from './check.ts'
import type { DoctorCode } from './codes.ts'
import { codeOfConfig } from './configuration.ts'
import { answering, codeOfCluster, type Reached, reach } from './reached-cluster.ts'
import type { Finding } from './report.ts'
import { rightsChecks } from './rights.ts'
import { policiesOf, type Setup } from './setup.ts'

/** The end-to-end tests run on these, and docs/guides/install.md says so. */
export const testedKubernetes = { oldest: '1.36', newest: '1.36' }

/** One row of checks for each cluster and each target of the configuration. */
export async function kubernetesChecks(setup: Setup): Promise<Check[]> {
  const config = await setup.config().catch((error: unknown) => codeOfConfig(error))
  if (typeof config === 'string') {
    const unmet = async () => {
      throw new Unmet(config)
    }
    return [{ area: 'kubernetes', whether: 'clusters and targets are as the configuration says', run: unmet }]
  }
  const policies = policiesOf(config)
  return Object.keys(config.clusters).flatMap((name) => {
    const reached = reach(setup, name)
    const theirs = policies.filter(({ target }) => target.cluster === name)
    return [
      ...clusterChecks(name, reached, config),
      ...theirs.map((policy) => targetCheck(reached, policy)),
      ...rightsChecks(reached, theirs),
    ]
  })
}

function clusterChecks(name: string, reached: Reached, { clusters }: Config): Check[] {
  const area = 'kubernetes'
  return [
    { area, whether: `the cluster ${name} answers`, run: () => answers(name, reached, clusters[name]?.context) },
    { area, whether: `the cluster ${name} is of a tested version`, run: () => version(name, reached) },
  ]
}

async function answers(where: string, reached: Reached, context: string | undefined): Promise<Finding[]> {
  const kubectl = `kubectl${context === undefined ? '' : ` --context ${context}`}`
  try {
    await reached()
    return []
  } catch (error) {
    const code = codeOfCluster(error)
    const { message: found, hint } = error as RollcallError
    switch (code) {
      case 'KUBECONFIG_UNUSABLE':
        return [finding(code, { where, found: `${found}.`, remedy: hint })]
      case 'CLUSTER_REFUSES':
        return [
          finding(code, {
            where,
            found: `${found}.`,
            remedy:
              'If its token ran out, make a new kubeconfig. If not, give its account what deploy/rbac.yaml has (rollcall-cluster-identity):',
            command: `${kubectl} apply --filename deploy/rbac.yaml`,
          }),
        ]
      default:
        return [
          finding('CLUSTER_UNREACHABLE', {
            where,
            found: `${found}.`,
            remedy: 'Check the address in the kubeconfig, and whether it can be reached from here:',
            command: `${kubectl} get --raw /version`,
          }),
        ]
    }
  }
}

async function version(where: string, reached: Reached): Promise<Finding[]> {
  const { api } = await answering(reached)
  const { major, minor, gitVersion } = await api.get<Record<'major' | 'minor' | 'gitVersion', string>>('/version')
  // Clouds write 36+.
  const found = numberOf(`${major}.${minor}`)
  const { oldest, newest } = testedKubernetes
  if (found >= numberOf(oldest) && found <= numberOf(newest)) return []
  const range = oldest === newest ? oldest : `${oldest} to ${newest}`
  return [
    finding('KUBERNETES_UNTESTED', {
      where,
      found: `This is Kubernetes ${gitVersion}; tested is ${range}.`,
      remedy:
        'Run the conformance tests on its binaries (CONTRIBUTING.md, Commands), and try upgrades in staging first.',
    }),
  ]
}

function numberOf(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major * 1_000 + minor
}

function targetCheck(reached: Reached, policy: Policy): Check {
  const { kind, namespace, name, cluster } = policy.target
  return {
    area: 'kubernetes',
    whether: `${kind} ${namespace}/${name} on ${cluster} can be upgraded`,
    run: () => target(reached, policy),
  }
}

/** Who owns it or scales it is told as the pre-flight of an upgrade tells it, where that blocks. */
async function target(reached: Reached, { target: ref, gitops }: Policy): Promise<Finding[]> {
  const { api } = await answering(reached)
  const { cluster, kind, namespace, name, container } = ref
  const where = `${cluster} ${namespace}/${name}`
  const live = await needed(getWorkload(api, ref), notSeen)
  if (!live) {
    return [
      finding('TARGET_NOT_FOUND', {
        where,
        found: `There is no ${kind} ${name} in the namespace ${namespace}.`,
        remedy: 'Deploy it, or correct `target:` in rollcall.yaml. These are there:',
        command: `kubectl get ${pluralOf(kind)} --namespace ${namespace}`,
      }),
    ]
  }
  const containers = live.spec.template.spec.containers.map((one) => one.name)
  if (!containers.includes(container)) {
    return [
      finding('CONTAINER_NOT_FOUND', {
        where,
        found: `Its pods have no container ${container}.`,
        remedy: `Put one of these into target.container in rollcall.yaml: ${containers.join(', ')}.`,
      }),
    ]
  }
  const contested = [...managersOf(live, gitops), ...(await needed(scalers(api, ref, live), notSeen))]
  return contested
    .filter(({ severity }) => severity === 'block')
    .map((one) =>
      finding('TARGET_CONTESTED', {
        where,
        found: `${one.code}: ${plainText(en.finding(one))}`,
        remedy: `docs/reference/errors.md says what to do about ${one.code}.`,
      }),
    )
}

/** What it may not look at, the check of its rights says. */
function notSeen(error: unknown): DoctorCode {
  if (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN') return 'RIGHTS_MISSING'
  throw error
}
