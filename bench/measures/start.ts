import { startRedis } from '../../scripts/redis.ts'
import { startCluster } from '../../test/fakes/cluster/cluster.ts'
import { startRollcall } from '../../test/rollcall.ts'
import { shopConfig, shopSlack } from '../../test/shop.ts'
import { built } from '../build.ts'
import { startBareBolt } from '../child.ts'
import type { Measure } from '../report.ts'

/** From the start of the process until `/readyz` says that everything it needs answers. */
export const start: Measure = async ({ quick, progress }) => {
  const [redis, slack, cluster] = await Promise.all([startRedis({ appendOnly: true }), shopSlack(), startCluster()])
  const ours: number[][] = []
  const theirs: number[][] = []
  try {
    for (let round = 1; round <= (quick ? 4 : 10); round++) {
      progress(`start ${round}`)
      let from = performance.now()
      const { kubeconfig } = cluster
      const rollcall = await startRollcall({
        node: built(),
        config: shopConfig(),
        redisUrl: redis.url,
        kubeconfig,
        slack,
      })
      ours.push([performance.now() - from])
      await rollcall.stop()
      from = performance.now()
      const bolt = await startBareBolt(slack.signingSecret)
      theirs.push([performance.now() - from])
      await bolt.stop()
    }
  } finally {
    await cluster.stop()
    await slack.stop()
    await redis.stop()
  }
  return [
    {
      id: 'start',
      what: 'start of the process → ready',
      unit: 'ms',
      limit: { of: 'median', atMost: 2_000 },
      runs: ours,
      peer: { what: 'a Bolt app that only acknowledges', runs: theirs },
    },
  ]
}
