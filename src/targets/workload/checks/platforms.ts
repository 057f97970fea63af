import type { Api } from '../../../kubernetes/api.ts'
import type { PodSpec } from '../../../kubernetes/pod-template.ts'
import { type Listed, orUnknown } from './found.ts'
import { isOpenTo, type Node } from './node-room.ts'

/**
 * `linux/amd64` …, of the nodes that such a pod may be placed on, by the labels that every kubelet sets. `undefined`
 * where nodes may not be listed, or none takes it.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-arch
 */
export async function platformsFor(api: Api, spec: PodSpec): Promise<string[] | undefined> {
  const nodes = await orUnknown(api.get<Listed<Node>>('/api/v1/nodes'))
  const platforms = (nodes?.items ?? []).flatMap((node) => {
    const { 'kubernetes.io/os': os, 'kubernetes.io/arch': arch } = node.metadata.labels ?? {}
    return os && arch && isOpenTo(node, spec) ? [`${os}/${arch}`] : []
  })
  return platforms.length > 0 ? [...new Set(platforms)].sort() : undefined
}
