import { afterEach, describe, expect, it } from 'vitest'
import { Demo } from './demo-process.ts'

describe('npm run demo -- --tour', { timeout: 60_000 }, () => {
  let demo: Demo

  afterEach(() => {
    demo.signal('SIGKILL')
  })

  it('tells the tour, makes sure of every step, and leaves nothing behind', async () => {
    demo = new Demo('--tour')
    const exitCode = await demo.exitCode()
    expect(demo.output).toContain('All 13 steps did what they say')
    expect(exitCode).toBe(0)
    for (const line of [
      "You asked for this upgrade yourself, and web wants somebody else's yes.",
      '✔ Exactly 1 of 10 pods is new, and the Deployment is held there.',
      '✔ Exactly 3 of 10 pods are new; never were fewer than 10 ready.',
      'This was decided already, so nothing changed.',
      'Paused by @oscar.',
      '✔ All 10 pods run 1.5.0; but for the image, the Deployment is what it was.',
      'Rolled back by Rollcall (the image cannot be pulled): all 10 pods run 1.5.0 (',
      'updated: Somebody scaled 8 → 16.',
      'checkout-production-1: entry 3 was edited',
    ]) {
      expect(demo.words).toContain(line)
    }
    expect(demo.words).toContain('■ □ □ □ □ □ □ □ □ □')
    expect(demo.output, 'colours where nobody sees them').not.toContain('\u001b')
    expect(demo.isRunning()).toBe(false)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends all of it on %s, without another word', async (signal, code) => {
    demo = new Demo('--tour')
    await demo.says('3 of 13')
    expect(demo.isRunning()).toBe(true)
    demo.process.kill(signal)
    expect(await demo.exitCode()).toBe(code)
    expect(demo.output).not.toContain('✘')
    expect(demo.isRunning()).toBe(false)
  })

  it('ends all of it on Ctrl-C, which every process of a terminal gets', async () => {
    demo = new Demo('--tour')
    await demo.says('4 of 13')
    demo.signal('SIGINT')
    expect(await demo.exitCode()).toBe(130)
    expect(demo.output).not.toContain('✘')
    expect(demo.isRunning()).toBe(false)
  })

  it('says which kubeconfig it cannot read', async () => {
    demo = new Demo('--kubeconfig', 'no-such-file')
    expect(await demo.exitCode()).toBe(1)
    expect(demo.output).toContain('no-such-file')
  })
})
