import { setImmediate as turn } from 'node:timers/promises'

/** Somebody who acts on the outside, and may die at any point. */
export type Process = { name: string; dead: boolean }

/**
 * What several processes do at once, one step at a time and in an order that the test chooses. Every call to the
 * outside stops twice: before its effect, and before its answer arrives. A process that is killed never gets past the
 * stop at which it stands, so that an effect may have happened without anybody knowing.
 */
export class Interleaving {
  private waiting: { process: Process; goOn: () => void }[] = []

  /** Wraps a call of a process to the outside. */
  async call<T>(process: Process, effect: () => T | Promise<T>): Promise<T> {
    await this.stop(process)
    const outcome = await settled(effect)
    await this.stop(process)
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  /** An object whose methods all stop; getters and nested objects are left alone. */
  wrap<T extends object>(process: Process, port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => this.call(process, () => Reflect.apply(value, target, args))
      },
    })
  }

  /** How many calls stand at a stop. */
  get atStops(): number {
    return this.waiting.length
  }

  /** Lets one of those who stand at a stop go on to the next. */
  async step(which: number): Promise<void> {
    const [next] = this.waiting.splice(which % Math.max(1, this.waiting.length), 1)
    next?.goOn()
    await this.settle()
  }

  /** Until everybody stands at a stop. */
  async settle(): Promise<void> {
    await turn()
  }

  kill(process: Process): void {
    process.dead = true
    this.waiting = this.waiting.filter((one) => one.process !== process)
  }

  private stop(process: Process): Promise<void> {
    return new Promise((resolve) => {
      if (!process.dead) this.waiting.push({ process, goOn: resolve })
    })
  }
}

async function settled<T>(effect: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await effect() }
  } catch (error) {
    return { error }
  }
}
