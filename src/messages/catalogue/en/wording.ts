/** Small words that sentences share. */
export const wording = {
  'word.pods': '{count, plural, one {1 pod} other {{count} pods}}',
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
  'word.bare': '{code} ({values})',
  'word.said': ' {quotation}',
  'word.saying': ': {quotation}',
} as const
