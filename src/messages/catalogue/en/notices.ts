/** What people are told who only want to know. */
export const notices = {
  'notice.start': 'Started: {service} {fromTo} in {environment} · {course} · {at} · {open}',
  'notice.batches': 'batches of {batches} of {pods}',
  'notice.atOnce': '{pods} at once',
  'notice.decisions': 'Decisions: {service} {fromTo} in {environment} · {open}',
  'notice.approvals': '{given} of {quorum} approvals · {at}',
  'notice.approved': 'Approved{said} · {at}',
  'notice.rejected': 'Rejected{said} · {at}',
  'notice.accepted': 'Accepted{said} · {at}',
  'notice.declined': 'Declined{said} · {at}',
  'notice.continued': 'Continued to {next} of {of}{said} · {at}',
  'notice.rolledBack': 'Rolled back{said} · {at}',
  'notice.cancelled': 'Cancelled{said} · {at}',
  'notice.result': '{title} · after {took} · {open}',
  'notice.failures': 'Trouble: {service} {fromTo} in {environment} · {open}',
  'notice.failure': '{sentence} {at}',
  'notice.lost':
    'Rollcall is to tell {whom} of upgrades (`notify` in rollcall.yaml), and cannot: {why}. Upgrades go on all the same.',
  'notice.lost.archived': 'the channel was archived',
  'notice.lost.left': 'it is not in that channel; invite it there',
  'notice.lost.shared': 'the channel is shared with another workspace, and what goes on here is not for strangers',
  'notice.lost.scope': 'the Slack app lacks the scope `im:write`',
} as const
