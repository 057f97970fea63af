import { BatchV1Api, type V1Job } from '@kubernetes/client-node'
import { describe, expect } from 'vitest'
import { type ConformanceTest, eventually, refusal, type Workbench, Workload } from './workbench.ts'

/** What a Job and a log are. A pod's annotation says with which code its containers exit, and images what befalls them. */
export function jobsAndLogsConformance(test: ConformanceTest): void {
  describe('the log of a container', () => {
    const log = ({ core, namespace }: Workbench, name: string, query: object = {}) =>
      core.readNamespacedPodLog({ namespace, name, container: 'app', ...query })

    async function onePod(kube: Workbench, image?: string): Promise<string> {
      const workload = await Workload.start(kube, image, { replicas: 1 })
      const [pod] = await workload.pods()
      return pod?.metadata?.name ?? ''
    }

    test('is what it has logged, or a part of that', async ({ kube }) => {
      const name = await onePod(kube)
      expect(await log(kube, name)).toBe('listening on :8080\n')
      expect(await log(kube, name, { limitBytes: 9 })).toBe('listening')
      expect(await log(kube, name, { tailLines: 0 })).toBe('')
      expect(await log(kube, name, { timestamps: true })).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* listening on :8080\n$/,
      )
      expect(await log(kube, name, { sinceSeconds: 3_600 })).toBe('listening on :8080\n')
    })

    test('is refused for a container that is not there, or has not started', async ({ kube }) => {
      const name = await onePod(kube)
      expect(await refusal(log(kube, name, { container: 'web' }))).toMatchObject({ code: 400, reason: 'BadRequest' })
      expect(await refusal(log(kube, 'nobody'))).toMatchObject({ code: 404, reason: 'NotFound' })
      const { core, namespace } = kube
      const spec = { containers: [{ name: 'app', image: 'web:1.0.0-bad' }] }
      await core.createNamespacedPod({ namespace, body: { metadata: { name: 'bad' }, spec } })
      await eventually('the image not to be pulled', async () => {
        const { status } = await core.readNamespacedPod({ namespace, name: 'bad' })
        return status?.containerStatuses?.[0]?.state?.waiting
      })
      expect(await refusal(log(kube, 'bad'))).toMatchObject({ code: 400, reason: 'BadRequest' })
    })
  })

  describe('a Job', () => {
    const batch = ({ config }: Workbench) => config.makeApiClient(BatchV1Api)

    function job(exitCode?: number, spec: object = {}): V1Job {
      const annotations = exitCode === undefined ? {} : { 'kubelet.fake/exit-code': String(exitCode) }
      const containers = [{ name: 'test', image: 'test:1' }]
      const template = { metadata: { annotations }, spec: { restartPolicy: 'Never', containers } }
      return { metadata: { name: 'test' }, spec: { template, backoffLimit: 1, ...spec } }
    }

    async function ended(kube: Workbench, body: V1Job) {
      const { namespace } = kube
      await batch(kube).createNamespacedJob({ namespace, body })
      return eventually('the end of the Job', async () => {
        const { status } = await batch(kube).readNamespacedJob({ namespace, name: 'test' })
        return status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')
      })
    }

    test('is complete when its pod has succeeded', async ({ kube }) => {
      expect(await ended(kube, job(0))).toMatchObject({ type: 'Complete', status: 'True' })
    })

    test('has failed when its pods have, as often as it was told', async ({ kube }) => {
      const end = await ended(kube, job(3, { backoffLimit: 0 }))
      expect(end).toMatchObject({ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' })
      const { items } = await kube.core.listNamespacedPod({ namespace: kube.namespace, labelSelector: 'job-name=test' })
      expect(items.map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.exitCode)).toEqual([3])
    })

    test('has failed when its time is over', async ({ kube }) => {
      const end = await ended(kube, job(undefined, { activeDeadlineSeconds: 1 }))
      expect(end).toMatchObject({ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' })
    })

    test('is there once, and has to end', async ({ kube }) => {
      const { namespace } = kube
      const create = (body: V1Job) => batch(kube).createNamespacedJob({ namespace, body })
      await create(job())
      expect(await refusal(create(job()))).toMatchObject({ code: 409, reason: 'AlreadyExists' })
      const endless = job()
      if (endless.spec?.template.spec) endless.spec.template.spec.restartPolicy = 'Always'
      expect(await refusal(create({ ...endless, metadata: { name: 'endless' } }))).toMatchObject({ code: 422 })
      expect(await refusal(create({ ...job(), metadata: { name: 'a'.repeat(64) } }))).toMatchObject({ code: 422 })
    })
  })
}
