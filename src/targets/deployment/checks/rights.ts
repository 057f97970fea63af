import type { Api } from '../../../kubernetes/api.ts'
import type { Policy } from '../../../upgrade/policy.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { recordName } from '../originals.ts'
import { finding } from './found.ts'

/** What Rollcall must be allowed to do; the Kubernetes Events that it writes are a courtesy and not among it. */
export async function missingRights(api: Api, { namespace, name }: Policy['target']): Promise<Finding[]> {
  const record = recordName(name)
  const needed: { group: string; resource: string; verb: string; name?: string }[] = [
    ...['get', 'patch'].map((verb) => ({ group: 'apps', resource: 'deployments', verb, name })),
    ...['list', 'watch'].map((verb) => ({ group: 'apps', resource: 'deployments', verb })),
    ...['list', 'watch', 'patch'].map((verb) => ({ group: 'apps', resource: 'replicasets', verb })),
    ...['list', 'watch'].map((verb) => ({ group: '', resource: 'pods', verb })),
    { group: '', resource: 'configmaps', verb: 'create' },
    ...['get', 'delete'].map((verb) => ({ group: '', resource: 'configmaps', verb, name: record })),
    { group: '', resource: 'resourcequotas', verb: 'list' },
    { group: 'autoscaling', resource: 'horizontalpodautoscalers', verb: 'list' },
  ]
  const answers = await Promise.all(
    needed.map(async (resourceAttributes) => {
      const { status } = await api.post<{ status: { allowed: boolean } }>(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { ...resourceAttributes, namespace } },
        },
      )
      const { verb, resource } = resourceAttributes
      return status.allowed ? [] : [finding('RBAC_FORBIDDEN', { verb, resource, namespace })]
    }),
  )
  return answers.flat()
}
