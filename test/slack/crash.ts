/** A process that dies at one of its calls to the outside: from then on nothing that it does happens any more. */
export type Doomed = {
  /** Wraps something whose methods are calls to the outside, nested ones too. */
  outside<T extends object>(thing: T): T
  /** How many moments to die at there were so far: before and after each call. */
  moments(): number
  died: Promise<'died'>
}

/** @param at the moment of death, counted from 1 */
export function doomed(at = Number.POSITIVE_INFINITY): Doomed {
  let moments = 0
  let isDead = false
  let die: () => void = () => {}
  const died = new Promise<'died'>((resolve) => {
    die = () => resolve('died')
  })

  /** Never comes back to the dead. */
  async function moment(): Promise<void> {
    if (!isDead) moments += 1
    if (moments >= at) isDead = true
    if (!isDead) return
    die()
    await new Promise(() => {})
  }

  function outside<T extends object>(thing: T): T {
    return new Proxy(thing, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value === 'function') {
          return async (...args: unknown[]) => {
            await moment()
            const result: unknown = await value.apply(target, args)
            await moment()
            return result
          }
        }
        return typeof value === 'object' && value !== null ? outside(value) : value
      },
    })
  }

  return { outside, moments: () => moments, died }
}
