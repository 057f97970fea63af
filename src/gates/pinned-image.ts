import type { Unanswered } from '../engine/ports.ts'
import type { GateReport } from '../upgrade/events.ts'
import { versionOf } from '../upgrade/image-reference.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'

export type PinnedImage = { name: string; digest: string }

/** The image that the upgrade brings; nothing while its tag stands for no digest. */
export function pinned({ policy, request }: Upgrade): PinnedImage | undefined {
  const { digest } = versionOf(request.image)
  return digest === undefined ? undefined : { name: policy.image, digest }
}

/** What could not be looked at may be all that is needed, or what speaks against it. */
export function unanswered({ code, message }: Unanswered): Omit<GateReport, 'gate'> {
  return { verdict: 'inconclusive', code: 'ATTACHMENTS_UNKNOWN', detail: { error: code, message } }
}
