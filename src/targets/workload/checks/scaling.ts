import type { Api } from '../../../kubernetes/api.ts'
import type { Workload } from '../../../kubernetes/workload.ts'
import type { TargetRef } from '../../../upgrade/policy.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { type Autoscaler, autoscalersOf } from '../autoscalers.ts'
import { finding, orUnknown } from './found.ts'

/** What others leave on a workload that they take to zero while nobody needs it. */
const sleepers: [scaler: string, mark: RegExp][] = [
  ['Knative', /^(serving|autoscaling)\.knative\.dev\//],
  ['kube-downscaler', /^downscaler\/(uptime|downtime|force-downtime)$/],
  ['Sablier', /^sablier\.enable$/],
]

/** Who may change the number of replicas meanwhile, and whether to zero, from where all pods come back new at once. */
export async function scalers(api: Api, target: TargetRef, { metadata }: Workload): Promise<Finding[]> {
  const marks = [...Object.keys(metadata.labels ?? {}), ...Object.keys(metadata.annotations ?? {})]
  const asleep = sleepers.filter(([, mark]) => marks.some((key) => mark.test(key)))
  const autoscalers = await autoscalersOf(api, target)
  return [
    ...asleep.map(([autoscaler]) => finding('MAY_SCALE_TO_ZERO', { autoscaler })),
    ...(await Promise.all(
      autoscalers.map(async (one) => {
        const { name: autoscaler, min, max } = one
        if (await mayReachZero(api, target, one)) return finding('MAY_SCALE_TO_ZERO', { autoscaler })
        return finding('AUTOSCALED', { autoscaler, min, max })
      }),
    )),
  ]
}

/** KEDA scales to zero itself and gives its autoscaler a minimum of 1 all the same; the ScaledObject says what is meant. */
async function mayReachZero(api: Api, { namespace }: TargetRef, { min, scaledObject }: Autoscaler): Promise<boolean> {
  if (scaledObject === undefined || min !== 1) return min === 0
  const path = `/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects/${encodeURIComponent(scaledObject)}`
  const found = await orUnknown(api.get<{ spec: { minReplicaCount?: number; idleReplicaCount?: number } }>(path))
  const { minReplicaCount = 0, idleReplicaCount } = found?.spec ?? {}
  return minReplicaCount === 0 || idleReplicaCount === 0
}
