import type { PodSpec } from '../../kubernetes/pod-template.ts'
import type { Finding } from '../../upgrade/upgrade.ts'
import { type Answer, finding } from '../workload/checks/found.ts'
import type { Claim } from '../workload/checks/references.ts'

/** Whether a pod more than the replicas can never start: pods that share a port of the node, or a volume of one node. */
export function crampedSurge({ containers }: PodSpec, claims: ReadonlyMap<string, Answer<Claim>>): Finding[] {
  const hostPort = containers.flatMap(({ ports = [] }) => ports).find((port) => port.hostPort)?.hostPort
  if (hostPort) return [finding('SURGE_IMPOSSIBLE', { why: 'hostPort', name: String(hostPort) })]
  return [...claims].flatMap(([name, claim]) => {
    const modes = claim.state === 'there' ? (claim.object.spec.accessModes ?? []) : []
    // One that is missing is a finding of its own.
    if (claim.state === 'missing' || modes.some((mode) => mode.endsWith('Many'))) return []
    const code = claim.state === 'there' ? 'SURGE_IMPOSSIBLE' : 'SURGE_DOUBTFUL'
    return [finding(code, { why: 'ReadWriteOnce', name })]
  })
}
