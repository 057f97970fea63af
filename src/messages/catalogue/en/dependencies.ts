/** What a service lacks that another one depends on, as the beginning of a sentence. */
export const dependencies = {
  'dependency.DEPENDENCY_UNDER_WAY': 'This depends on {service} in {environment}, which is being upgraded by {upgrade}',
  'dependency.DEPENDENCY_FAILED': 'This depends on {service} in {environment}, which {upgrade} left half-way',
  'dependency.DEPENDENCY_OTHER_IMAGE':
    'This depends on {service} in {environment}, which runs `{found}` instead of `{wanted}` of {upgrade}',
  'dependency.DEPENDENCY_NOT_READY':
    'This depends on {service} in {environment}, where not every pod is of the newest revision and Ready, or where there is none',
  'dependency.DEPENDENCY_UNKNOWN':
    'This depends on {service} in {environment}, and what that runs cannot be looked at ({error}): «{message}»',
} as const
