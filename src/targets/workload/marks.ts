import { markPrefix, type WorkloadView } from '../../kubernetes/workload.ts'

/** Which upgrade the workload is under: `web-production-14@8`, with the sequence that allowed the last patch. */
export const upgradeMark = `${markPrefix}upgrade`

/** On revisions, written right before a pause: when. Only that it is new matters. */
export const barrierMark = `${markPrefix}barrier`

export type Stamp = { id: string; sequence: number }

/** Reads `web-production-14@8`. */
export function stampOf(text: string | undefined): Stamp | undefined {
  const [, id, sequence] = /^(.+)@(\d+)$/.exec(text ?? '') ?? []
  return id && sequence ? { id, sequence: Number(sequence) } : undefined
}

/** The annotation with a stamp in it. */
export function marked({ id, sequence }: Stamp): Record<string, string> {
  return { [upgradeMark]: `${id}@${sequence}` }
}

/** Takes every mark of Rollcall away. */
export function withoutMarks({ annotations }: WorkloadView): Record<string, undefined> {
  const marks = Object.keys(annotations ?? {}).filter((key) => key.startsWith(markPrefix))
  return Object.fromEntries(marks.map((key) => [key, undefined]))
}
