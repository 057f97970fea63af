import type { SeenState } from '../../http/api/schemas.ts'

/** What `rollcall request` prints, a line for each change. */

export function askedFor(id: string, { pipeline, slackUser }: SeenState['requester']): string {
  const name = pipeline === undefined ? '' : ` by pipeline ${pipeline}`
  return `${id}: asked for${name}${slackUser === undefined ? '' : ` for ${slackUser}`}`
}

export function stateLine({ id, phase, approvals, progress, hold, findings, result, links }: SeenState): string {
  const { batch, batches, updated, ready, total } = progress
  const hasBegun = batch > 0 || updated > 0
  const blocking = findings.filter(({ severity }) => severity === 'block').map(({ code }) => code)
  const parts = [
    phase,
    ...(phase === 'awaitingApproval' ? [`${approvals.given} of ${approvals.needed} approvals`] : []),
    ...(hold ? [reasoned(hold.code, hold.reason)] : []),
    ...(hasBegun && !result ? [`batch ${batch} of ${batches}`] : []),
    ...(hasBegun ? [`${updated}/${total} updated`] : []),
    ...(hasBegun && ready !== undefined ? [`${ready}/${total} ready`] : []),
    ...(result ? [reasoned(result.code ?? '', result.reason), `by ${result.by}`] : []),
    ...blocking,
    links.slack ?? '',
  ]
  return `${id}: ${parts.filter(Boolean).join(' · ')}`
}

function reasoned(code: string, reason: string | undefined): string {
  return reason === undefined ? code : `${code} «${reason}»`.trim()
}

export const again = (why: string, seconds: number) => `${why}; trying again in ${seconds} s`
