import type { dependencyFindingCodes } from '../../upgrade/dependencies.ts'
import { own } from '../../upgrade/own.ts'
import type { Finding } from '../../upgrade/upgrade.ts'
import { code, type Markup, mrkdwn } from '../markup.ts'
import { bare, text } from './wording.ts'

type Detail = Finding['detail']

/** What a service lacks that another one depends on, as the beginning of a sentence. */
export const unmetWords: Record<keyof typeof dependencyFindingCodes, (detail: Detail) => Markup> = {
  DEPENDENCY_UNDER_WAY: (d) => mrkdwn`This depends on ${there(d)}, which is being upgraded by ${text(d.upgrade)}`,
  DEPENDENCY_FAILED: (d) => mrkdwn`This depends on ${there(d)}, which ${text(d.upgrade)} left half-way`,
  DEPENDENCY_OTHER_IMAGE: (d) =>
    mrkdwn`This depends on ${there(d)}, which runs ${code(text(d.found))} instead of ${code(text(d.wanted))} of ${text(d.upgrade)}`,
  DEPENDENCY_NOT_READY: (d) =>
    mrkdwn`This depends on ${there(d)}, where not every pod is of the newest revision and Ready, or where there is none`,
  DEPENDENCY_UNKNOWN: (d) =>
    mrkdwn`This depends on ${there(d)}, and what that runs cannot be looked at (${text(d.error)}): «${text(d.message)}»`,
}

export function unmet({ code: name, detail }: Pick<Finding, 'code' | 'detail'>): Markup {
  return own<(detail: Detail) => Markup>(unmetWords, name)?.(detail) ?? bare(name, detail)
}

function there({ service, environment }: Detail): string {
  return `${text(service)} in ${text(environment)}`
}
