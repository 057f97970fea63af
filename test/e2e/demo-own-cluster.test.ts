import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type FakeKubelet, startFakeKubelet } from '../control-plane/fake-kubelet.ts'
import { Demo } from '../demo/demo-process.ts'

let controlPlane: ControlPlane
let kubelet: FakeKubelet

beforeAll(async () => {
  controlPlane = await startControlPlane()
  kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs: [20, 120] })
})

afterAll(async () => {
  await kubelet?.stop()
  await controlPlane?.stop()
})

function namespaces(): Promise<string> {
  return controlPlane.kubectl(['get', 'namespaces', '--output', 'name'])
}

describe('npm run demo -- --kubeconfig', () => {
  let demo: Demo

  afterEach(() => {
    demo.signal('SIGKILL')
  })

  it('creates nothing where nobody can be asked', async () => {
    demo = new Demo('--kubeconfig', controlPlane.adminKubeconfig)
    expect(await demo.exitCode()).toBe(1)
    expect(demo.output).toContain('This creates the namespace rollcall-demo in ')
    expect(demo.output).toContain('--yes')
    expect(await namespaces()).not.toContain('rollcall-demo')
  })

  it('takes the whole tour on the cluster, and takes its namespace away again', async () => {
    demo = new Demo('--kubeconfig', controlPlane.adminKubeconfig, '--yes')
    const exitCode = await demo.exitCode()
    expect(demo.output).toContain('All 13 steps did what they say')
    expect(exitCode).toBe(0)
    expect(await namespaces()).not.toContain('rollcall-demo')
  })

  it.each(['Waiting for the pods', '4 of 13'])(
    'takes its namespace away when it is interrupted at «%s»',
    async (words) => {
      demo = new Demo('--kubeconfig', controlPlane.adminKubeconfig, '--yes')
      await demo.says(words)
      demo.process.kill('SIGINT')
      expect(await demo.exitCode()).toBe(130)
      expect(await namespaces()).not.toContain('rollcall-demo')
      expect(demo.isRunning()).toBe(false)
    },
  )

  it('keeps its hands off a namespace that was there before', async () => {
    await controlPlane.kubectl(['create', 'namespace', 'rollcall-demo'])
    demo = new Demo('--kubeconfig', controlPlane.adminKubeconfig, '--yes')
    expect(await demo.exitCode()).toBe(1)
    expect(demo.output).toContain('There is a namespace rollcall-demo already')
    expect(await namespaces()).toContain('rollcall-demo')
  })
})
