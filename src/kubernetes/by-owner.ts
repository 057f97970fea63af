/** Objects by UID, and by the UID of what owns them. */
export class ByOwner<T extends { uid: string; owner: string }> {
  readonly #byUid = new Map<string, T>()
  readonly #byOwner = new Map<string, Map<string, T>>()

  get(uid: string): T | undefined {
    return this.#byUid.get(uid)
  }

  of(owner: string): T[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])]
  }

  set(item: T): void {
    this.#byUid.set(item.uid, item)
    const siblings = this.#byOwner.get(item.owner)
    if (siblings) siblings.set(item.uid, item)
    else this.#byOwner.set(item.owner, new Map([[item.uid, item]]))
  }

  delete({ uid, owner }: T): void {
    this.#byUid.delete(uid)
    const siblings = this.#byOwner.get(owner)
    siblings?.delete(uid)
    if (siblings?.size === 0) this.#byOwner.delete(owner)
  }

  replace(items: T[]): void {
    this.#byUid.clear()
    this.#byOwner.clear()
    for (const item of items) this.set(item)
  }
}
