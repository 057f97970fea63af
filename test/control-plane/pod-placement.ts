import { EventEmitter, once } from 'node:events'

export type PodPlacement = {
  /**
   * The least loaded node with room, or `wanted` when it has room. Calls `unschedulable` once and waits for a pod to go
   * when there is none; throws when `signal` is aborted.
   */
  place(
    uid: string,
    wanted: string | undefined,
    unschedulable: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<string>
  /** Counts a pod on a node that others put it on. */
  assign(uid: string, node: string): void
  release(uid: string): void
}

/** A scheduler that knows one resource: how many pods fit on a node. */
export function podPlacement(nodes: readonly string[], podsPerNode: number): PodPlacement {
  const nodeOf = new Map<string, string>()
  const load = new Map<string, number>(nodes.map((node) => [node, 0]))
  const room = new EventEmitter().setMaxListeners(0)

  const loadOf = (node: string) => load.get(node) ?? 0
  const release = (uid: string) => {
    const node = nodeOf.get(uid)
    if (node === undefined) return
    nodeOf.delete(uid)
    load.set(node, loadOf(node) - 1)
    room.emit('room')
  }
  const assign = (uid: string, node: string) => {
    if (nodeOf.get(uid) === node) return
    release(uid)
    nodeOf.set(uid, node)
    load.set(node, loadOf(node) + 1)
  }
  const withRoom = (wanted: string | undefined) =>
    nodes
      .filter((node) => loadOf(node) < podsPerNode && (wanted === undefined || wanted === node))
      .sort((one, other) => loadOf(one) - loadOf(other))[0]

  return {
    assign,
    release,
    place: async (uid, wanted, unschedulable, signal) => {
      let node = withRoom(wanted)
      if (node === undefined) await unschedulable()
      for (;;) {
        node = withRoom(wanted)
        if (node !== undefined) break
        await once(room, 'room', { signal })
      }
      assign(uid, node)
      return node
    },
  }
}
