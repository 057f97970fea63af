import type { Service } from './service.ts'

/** One press of a button, or one submitted dialog. */
export type Click = {
  upgrade: string
  user: string
  action: string
  sentAt: number
  /** Slack got a 200 in time. Without one the decision may be stored all the same. */
  acknowledged: boolean
}

/** One `/upgrade service version`. */
export type Asked = { service: string; version: string; user: string; acknowledged: boolean }

export type Oracle = ReturnType<typeof openOracle>

/** What people have decided, as Slack saw it: the only thing that Rollcall is measured against. */
export function openOracle() {
  const clicks: Click[] = []
  const asked: Asked[] = []
  /** By image: how many pods of it people have allowed. */
  const allowed = new Map<string, number>()
  const approvers = new Map<string, Set<string>>()

  return {
    clicks: clicks as readonly Click[],
    asked: asked as readonly Asked[],

    /** The image that a service runs, of which there may be as many as there is room for. */
    stands(image: string): void {
      allowed.set(image, Number.POSITIVE_INFINITY)
    },

    /** An upgrade to this image has ended without it. */
    isOver(image: string): void {
      allowed.set(image, 0)
    },

    allowed: (image: string): number => allowed.get(image) ?? 0,

    /** Somebody is about to say yes to the start: from now on it may be stored. */
    approves(service: Service, image: string, user: string): void {
      const users = approvers.get(image) ?? new Set()
      approvers.set(image, users.add(user))
      if (users.size < service.quorum) return
      const first = service.continues === 'auto' ? service.replicas : (service.batches[0] ?? service.replicas)
      allowed.set(image, Math.max(allowed.get(image) ?? 0, first))
    },

    /** Somebody takes a yes back; it may be stored, or not. */
    withdraws(image: string, user: string): void {
      approvers.get(image)?.delete(user)
    },

    /** Somebody is about to say yes to so many pods. */
    continues(image: string, pods: number): void {
      allowed.set(image, Math.max(allowed.get(image) ?? 0, pods))
    },

    clicked(click: Omit<Click, 'acknowledged'>, acknowledged: boolean): void {
      clicks.push({ ...click, acknowledged })
    },

    asks(one: Asked): void {
      asked.push(one)
    },
  }
}
