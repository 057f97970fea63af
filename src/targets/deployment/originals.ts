import type { PatchOperation } from '../../kubernetes/api.ts'
import type { Deployment } from '../../kubernetes/deployment.ts'
import { templateHash } from '../../kubernetes/pod-template.ts'
import { changeCause } from '../../kubernetes/workload.ts'
import { upgradeMark } from '../workload/marks.ts'
import { annotationPath } from '../workload/patch.ts'
import type { OriginalsRecord } from '../workload/record.ts'
import { backChange } from './next-move.ts'
import type { Originals } from './situation.ts'

/** What is original in a Deployment as it stands. */
export function originalsOf({ metadata, spec }: Deployment, upgradedHash: string): Originals {
  const { minReadySeconds, progressDeadlineSeconds, strategy, template } = spec
  const cause = metadata.annotations?.[changeCause]
  return {
    template,
    templateHash: templateHash(template),
    upgradedHash,
    ...(minReadySeconds !== undefined && { minReadySeconds }),
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    strategy,
    ...(cause !== undefined && { changeCause: cause }),
  }
}

/**
 * JSON patches for a person with nothing but kubectl: `back.json` brings the old template back without going below
 * capacity, and `restore.json`, once that has rolled out, the rest.
 */
export function patchesFor({ originals, facts, strategy: how }: OriginalsRecord<Originals>): Record<string, string> {
  const { template, minReadySeconds = 0, progressDeadlineSeconds = 600, strategy } = originals
  const set = (path: string, value: unknown): PatchOperation => ({ op: 'add', path, value })
  const moving = backChange({ facts, strategy: how }, originals).fields.strategy
  const stamp = annotationPath(upgradeMark)
  const back = [
    set('/spec/template', template),
    set('/spec/strategy', moving),
    set('/spec/minReadySeconds', minReadySeconds),
    set('/spec/progressDeadlineSeconds', progressDeadlineSeconds),
    set('/spec/paused', false),
  ]
  // Set first, so that it is there to be removed: by then it may be gone already.
  const restore = [set('/spec/strategy', strategy), set(stamp, ''), { op: 'remove', path: stamp }]
  return { 'back.json': JSON.stringify(back), 'restore.json': JSON.stringify(restore) }
}
