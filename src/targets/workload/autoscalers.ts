import { type Api, ApiError } from '../../kubernetes/api.ts'
import { RollcallError } from '../../upgrade/error.ts'
import type { TargetRef } from '../../upgrade/policy.ts'

export type Autoscaler = {
  name: string
  min: number
  max: number
  /** The KEDA ScaledObject that it was made for. */
  scaledObject?: string
}

type Listed = {
  items: {
    metadata: { name: string; labels?: Record<string, string> }
    spec: { minReplicas?: number; maxReplicas: number; scaleTargetRef: { kind: string; name: string } }
  }[]
}

/** The HorizontalPodAutoscalers that scale this very workload; none where they may not be seen. */
export async function autoscalersOf(api: Api, { namespace, name, kind }: TargetRef): Promise<Autoscaler[]> {
  const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`
  try {
    const { items } = await api.get<Listed>(path)
    return items
      .filter(({ spec }) => spec.scaleTargetRef.kind === kind && spec.scaleTargetRef.name === name)
      .map(({ metadata, spec }) => {
        const scaledObject = metadata.labels?.['scaledobject.keda.sh/name']
        return {
          name: metadata.name,
          min: spec.minReplicas ?? 1,
          max: spec.maxReplicas,
          ...(scaledObject !== undefined && { scaledObject }),
        }
      })
  } catch (error) {
    // A missing right is a finding of the pre-flight.
    if (error instanceof ApiError && error.status === 404) return []
    if (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN') return []
    throw error
  }
}
