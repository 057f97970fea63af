import { nextTask } from '../upgrade/next-task.ts'
import type { Parts } from './parts.ts'

/**
 * Notes that Slack has been told all there is to tell of an upgrade, or when it will be. An ended upgrade that owes nothing
 * more leaves what is due; another one is looked at again when something follows by itself.
 *
 * @param again epoch milliseconds, when Slack asked for patience
 */
export async function slackTold({ upgrades }: Pick<Parts, 'upgrades'>, id: string, again?: number): Promise<void> {
  const loaded = await upgrades.load(id)
  if (!loaded?.upgrade.result) return
  const task = nextTask(loaded.upgrade)
  await upgrades.told(id, again ?? (task.do === 'followUp' ? Date.parse(task.at) : undefined))
}
