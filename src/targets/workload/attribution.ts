import type { Api } from '../../kubernetes/api.ts'
import type { Workload } from '../../kubernetes/workload.ts'
import type { OutsideChange, Upgrade } from '../../upgrade/upgrade.ts'
import { autoscalersOf } from './autoscalers.ts'
import { ownersOf } from './managers.ts'

/** The controllers, whose autoscaler writes through the `scale` subresource. */
const controllers = 'kube-controller-manager'

/**
 * Who made a change, as far as the cluster knows: the field manager of what was changed. A field that was taken away has
 * none. Scaling is the autoscaler's doing when one has the workload as its target and wrote the number itself, or, on a
 * cluster that notes nobody, when the number lies within its bounds.
 *
 * @param live as it was when the change was seen
 */
export async function attributed(
  api: Api,
  { policy, request }: Upgrade,
  change: OutsideChange,
  live: Workload | undefined,
): Promise<{ change: OutsideChange; autoscaler?: string }> {
  const paths = pathsOf(change, policy.target.container)
  const [owner] = paths.flatMap((path) => ownersOf(live, path, request.at))
  const byController = owner?.manager === controllers && owner.subresource === 'scale'
  if (change.kind === 'scaled' && (byController || !owner)) {
    const { to } = change
    const found = (await autoscalersOf(api, policy.target)).find(
      ({ min, max }) => byController || (min <= to && to <= max),
    )
    if (found) return { change, autoscaler: found.name }
  }
  const by = owner?.manager
  return { change: by === undefined || change.kind === 'ahead' ? change : { ...change, by } }
}

/** Where the managed fields of a workload have what was changed. */
function pathsOf(change: OutsideChange, container: string): string[][] {
  const template = ['f:spec', 'f:template']
  switch (change.kind) {
    case 'scaled':
      return [['f:spec', 'f:replicas']]
    case 'fields':
      return change.fields.map(({ field }) => ['f:spec', `f:${field}`])
    case 'template': {
      const restarted = ['f:metadata', 'f:annotations', 'f:kubectl.kubernetes.io/restartedAt']
      const image = ['f:spec', 'f:containers', `k:{"name":"${container}"}`, 'f:image']
      if (change.how === 'edited') return [template]
      return [[...template, ...(change.how === 'restarted' ? restarted : image)]]
    }
    default:
      return []
  }
}
