import type { Api } from '../kubernetes/api.ts'
import { kindFor, kinds } from '../targets/index.ts'
import { isAllowed, neededRights, type Right, resourceOf } from '../targets/workload/rights.ts'
import type { Policy } from '../upgrade/policy.ts'
import { type Check, finding } from './check.ts'
import { answering, type Reached } from './reached-cluster.ts'
import type { Finding } from './report.ts'

/** What the pre-flight looks at as well, and what `kubectl describe` tells: upgrades work without. */
const toLook: Right[] = [
  { group: '', resource: 'limitranges', verb: 'list' },
  { group: '', resource: 'persistentvolumeclaims', verb: 'get' },
  { group: 'policy', resource: 'poddisruptionbudgets', verb: 'list' },
  { group: '', resource: 'events', verb: 'create' },
]

/** Whether an image fits the platforms of the nodes is asked for images that are resolved. */
const nodes: Right = { group: '', resource: 'nodes', verb: 'list' }

/** What no part of Rollcall needs, and what comes of it in the wrong hands. */
const tooMuch: { right: Right; what: string }[] = [
  ...['get', 'list'].map((verb) => ({
    right: { group: '', resource: 'secrets', verb },
    what: `${verb} every Secret`,
  })),
  { right: { group: '', resource: 'pods', verb: 'create' }, what: 'create pods' },
  { right: { group: '', resource: 'pods', subresource: 'exec', verb: 'create' }, what: 'run commands in pods' },
  ...kinds.map(({ kind, plural }) => ({
    right: { group: 'apps', resource: plural, verb: 'delete' },
    what: `delete ${kind}s`,
  })),
  {
    right: { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', verb: 'create' },
    what: 'give rights to others',
  },
]

/** Needed by gates alone. */
const ofGates: { right: Right; what: string }[] = [
  { right: { group: 'batch', resource: 'jobs', verb: 'create' }, what: 'create Jobs, which no gate asks for' },
  {
    right: { group: '', resource: 'pods', subresource: 'log', verb: 'get' },
    what: 'read logs, which no gate asks for',
  },
]

const everything: Right = { group: '*', resource: '*', verb: '*' }

/** Whether Rollcall may do what it has to, and no more: for each target, and for each namespace with targets. */
export function rightsChecks(reached: Reached, policies: readonly Policy[]): Check[] {
  const area = 'kubernetes'
  const may = asker(reached)
  const namespaces = Map.groupBy(policies, ({ target }) => target.namespace)
  return [
    ...policies.map((policy): Check => {
      const { cluster, namespace, name } = policy.target
      const whether = `Rollcall has its rights on ${namespace}/${name} on ${cluster}`
      return { area, whether, run: () => missing(may, policy) }
    }),
    ...[...namespaces].map(([namespace, theirs]): Check => {
      const whether = `Rollcall has no more rights than it needs in ${namespace}`
      return { area, whether, run: () => superfluous(may, namespace, theirs) }
    }),
  ]
}

function rightsFor(policy: Policy): Right[] {
  return neededRights(policy, kindFor(policy.target).rights(policy.target))
}

type May = (right: Right, namespace?: string) => Promise<boolean>

/** Each question is asked once, however many targets of a namespace have it. */
function asker(reached: Reached): May {
  const answers = new Map<string, Promise<boolean>>()
  const ask = async (right: Right, namespace?: string) => isAllowed(await apiOf(reached), right, namespace)
  return (right, namespace) => {
    const key = JSON.stringify([right, namespace])
    const answer = answers.get(key) ?? ask(right, namespace)
    answers.set(key, answer)
    return answer
  }
}

async function apiOf(reached: Reached): Promise<Api> {
  return (await answering(reached)).api
}

async function missing(may: May, policy: Policy): Promise<Finding[]> {
  const { cluster, namespace, name } = policy.target
  const where = `${cluster} ${namespace}/${name}`
  const resolves = policy.imagePolicy && policy.imagePolicy.resolve !== 'off'
  const [lacking, blind, seesNodes] = await Promise.all([
    refused(may, rightsFor(policy), namespace),
    refused(may, toLook, namespace),
    resolves ? may(nodes) : true,
  ])
  const bind = (role: string) =>
    `kubectl create rolebinding ${role === workloads ? 'rollcall' : role} --namespace ${namespace} --clusterrole ${role} --serviceaccount rollcall:rollcall`
  const roles = [...new Set(lacking.map(roleOf))]
  return [
    ...(lacking.length === 0
      ? []
      : [
          finding('RIGHTS_MISSING', {
            where,
            found: `Rollcall may not ${lacking.map(wordsOf).join(', ')} in ${namespace}.`,
            remedy: 'Apply deploy/rbac.yaml as it is, and bind its roles in this namespace:',
            command: ['kubectl apply --filename deploy/rbac.yaml', ...roles.map(bind)].join('\n'),
          }),
        ]),
    ...(blind.length === 0
      ? []
      : [
          finding('RIGHTS_TO_LOOK_MISSING', {
            where,
            found: `Rollcall may not ${blind.map(wordsOf).join(', ')} in ${namespace}.`,
            remedy: 'Apply deploy/rbac.yaml as it is, and bind its role in this namespace:',
            command: ['kubectl apply --filename deploy/rbac.yaml', bind(workloads)].join('\n'),
          }),
        ]),
    ...(seesNodes
      ? []
      : [
          finding('RIGHTS_TO_LOOK_MISSING', {
            where,
            found: 'Rollcall may not list nodes, so a plan cannot say whether an image fits their platforms.',
            remedy: 'If it should, bind the optional role of deploy/rbac.yaml:',
            command:
              'kubectl create clusterrolebinding rollcall-nodes --clusterrole rollcall-nodes --serviceaccount rollcall:rollcall',
          }),
        ]),
  ]
}

const workloads = 'rollcall-workloads'

/** Of deploy/rbac.yaml. */
function roleOf({ group, subresource }: Right): string {
  if (group === 'batch') return 'rollcall-jobs'
  return subresource === 'log' ? 'rollcall-logs' : workloads
}

function wordsOf(right: Right): string {
  return `${right.verb} ${resourceOf(right)}`
}

async function refused(may: May, rights: readonly Right[], namespace: string): Promise<Right[]> {
  const answers = await Promise.all(rights.map((right) => may(right, namespace)))
  return rights.filter((_, index) => !answers[index])
}

async function superfluous(may: May, namespace: string, policies: readonly Policy[]): Promise<Finding[]> {
  const cluster = policies[0]?.target.cluster ?? ''
  const report = (what: string, place: string, scope: string) => [
    finding('RIGHTS_TOO_MANY', {
      where: `${cluster} ${namespace}`,
      found: `Rollcall may ${what} in ${place}.`,
      remedy: 'Take away every binding of its account but those of deploy/rbac.yaml. This lists what it may do:',
      command: `kubectl auth can-i --list ${scope} --as system:serviceaccount:rollcall:rollcall`,
    }),
  ]
  const here = `--namespace ${namespace}`
  if (await may(everything)) return report('do everything', 'the whole cluster', '')
  if (await may(everything, namespace)) return report('do everything', namespace, here)
  const used = new Set(policies.flatMap(rightsFor).map(wordsOf))
  const [inNamespace, everywhere] = await Promise.all([
    Promise.all(
      [...tooMuch, ...ofGates.filter(({ right }) => !used.has(wordsOf(right)))].map(async ({ right, what }) =>
        (await may(right, namespace)) ? [what] : [],
      ),
    ),
    Promise.all(
      kinds.map(async ({ kind, plural }) => {
        const right = { group: 'apps', resource: plural, verb: 'patch' }
        return (await may(right)) ? [`patch ${kind}s`] : []
      }),
    ),
  ])
  const whats = inNamespace.flat()
  const patches = everywhere.flat()
  return [
    ...(whats.length > 0 ? report(whats.join(', '), namespace, here) : []),
    ...(patches.length > 0 ? report(patches.join(', '), 'every namespace', '--all-namespaces') : []),
  ]
}
