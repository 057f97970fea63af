import { finding } from './check.ts'
import type { Finding } from './report.ts'

/** From so many milliseconds on; Slack refuses, and is refused, at five minutes. */
const offMs = 30_000
const wrongMs = 240_000

/**
 * @param whose the clock that ours is compared with
 * @param theirs what it showed between `before` and `after` of ours, epoch milliseconds
 */
export function clockFindings(whose: 'Slack' | 'Redis', theirs: number, before: number, after: number): Finding[] {
  const apartMs = theirs < before ? before - theirs : Math.max(0, theirs - after)
  if (apartMs < offMs) return []
  const wrong = whose === 'Slack' && apartMs >= wrongMs
  return [
    finding(wrong ? 'CLOCK_WRONG' : 'CLOCK_OFF', {
      where: whose,
      found: `The clocks of this machine and of ${whose} are ${Math.round(apartMs / 1_000)} seconds apart.`,
      remedy: `Set the clock by NTP ${whose === 'Redis' ? 'on both machines' : 'here'}; this must say «synchronized: yes»:`,
      command: 'timedatectl',
    }),
  ]
}
