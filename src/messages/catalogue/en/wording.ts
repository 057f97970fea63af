/** Small words that sentences share. */
export const wording = {
  'word.pods': '{count, plural, one {1 pod} other {{count} pods}}',
  'word.approvals': '{count, plural, one {one more approval} other {{count} more approvals}}',
  'word.days': '{count, plural, one {1 day} other {{count} days}}',
  'word.hours': '{count} h',
  'word.minutes': '{count} min',
  'word.seconds': '{count} s',
  'word.listed.and': '{before} and {last}',
  'word.listed.or': '{before} or {last}',
  'word.throughCluster': '{name} (through the cluster)',
  'word.somebody': 'somebody',
  'word.nobody': 'nobody (the configuration grants it to no role)',
  'word.more': '{count} more',
  'word.who': '{roles} ({names})',
  'word.try': 'Try `{command}`.',
  'word.bare': '{code} ({values})',
} as const
