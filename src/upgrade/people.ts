export type MemberKind = 'member' | 'bot' | 'guest' | 'deactivated' | 'stranger'

/** What Slack says about one person, and how old the answer is. */
export type Membership = {
  kind: MemberKind | 'unknown'
  /** The groups asked for that have this person in them; `unknown` when Slack could not be asked. */
  groups: string[] | 'unknown'
  /** Age of the oldest part of the answer, in milliseconds. */
  ageMs: number
}
