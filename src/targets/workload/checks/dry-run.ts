import { type Api, ApiError, type PatchOperation } from '../../../kubernetes/api.ts'
import type { PodTemplate } from '../../../kubernetes/pod-template.ts'
import type { Workload } from '../../../kubernetes/workload.ts'
import { RollcallError } from '../../../upgrade/error.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { getWorkload, isOutdated, nameOf, type Ref, workloadPath } from '../requests.ts'
import { finding } from './found.ts'

/** What admission says to the patches of a plan. */
export type DryRun = {
  findings: Finding[]
  /** The pod template that comes of the first one, with whatever admission adds; absent where it is refused. */
  template?: PodTemplate
}

/** Sends every shape of patch for admission to judge, without it being stored. */
export async function dryRun(api: Api, ref: Ref, patches: Record<string, PatchOperation[]>): Promise<DryRun> {
  const answers = await Promise.all(
    Object.entries(patches).map(async ([patch, operations]) => {
      const { patched, refusal } = await tried(api, ref, operations)
      const findings = refusal === undefined ? [] : [finding('ADMISSION_REFUSED', { patch, message: refusal })]
      return { findings, template: patched?.spec.template }
    }),
  )
  const template = answers[0]?.template
  return { findings: answers.flatMap(({ findings }) => findings), ...(template && { template }) }
}

async function tried(
  api: Api,
  ref: Ref,
  operations: PatchOperation[],
): Promise<{ patched?: Workload; refusal?: string }> {
  try {
    const patched = await api.patch<Workload>(workloadPath(ref), operations, {
      dryRun: 'All',
      fieldManager: 'rollcall',
    })
    return { patched }
  } catch (error) {
    const said = error instanceof RollcallError ? error.cause : error
    if (!(said instanceof ApiError)) throw error
    if (said.status >= 500 || said.status === 401 || said.status === 429) throw error
    // A missing right is a finding of its own.
    if (said.status === 403 && said.message.includes('cannot patch resource')) return {}
    const live = await getWorkload(api, ref)
    if (!live || isOutdated(operations, live)) {
      throw new RollcallError('CLUSTER_UNAVAILABLE', `${nameOf(ref)} changed while it was checked`, {
        hint: 'It is checked again by itself.',
        retryable: true,
        cause: error,
      })
    }
    return { refusal: said.message }
  }
}
