/** On-call is paged again, since nobody has acknowledged. */
export const paging = {
  'page.title': '{id} still needs somebody: {sentence}',
  'page.since': 'Nobody has been on it since {at}.',
  'page.number': 'Page {number} of {times}.',
  'page.last': 'This is the last page: Rollcall stops paging. If nobody answers, call {whom}.',
  'page.over': '{id}: on-call was paged {at}.',
} as const
