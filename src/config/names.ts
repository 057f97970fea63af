/**
 * Sub-commands of `/upgrade`, those still to come included: a service of that name could not be asked for, and one
 * that is taken today must not break when its command arrives.
 */
export const reservedServiceNames: readonly string[] = [
  'plan',
  'approve',
  'reject',
  'accept',
  'decline',
  'continue',
  'resume',
  'pause',
  'rollback',
  'cancel',
  'undo',
  'status',
  'list',
  'history',
  'audit',
  'freeze',
  'unfreeze',
  'who',
  'whoami',
  'help',
  'promote',
  'request',
]

/** Paths below /webhooks that have a format of their own. */
export const reservedWebhookNames: readonly string[] = ['alertmanager', 'grafana', 'registry']

/** A label of RFC 1123: safe in an upgrade's ID, in Slack and in Kubernetes. */
export const namePattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/** As Prometheus wants the name of a label. */
export const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/
export const allowedLabel = 'the name of a Prometheus label, such as namespace'

export const allowedName = 'lower-case letters, digits and hyphens, such as web or eu-1'

/**
 * `<service>-<environment>` in characters: with a hyphen and a number of six digits, the upgrade's ID still fits into
 * a Kubernetes label value, which may have 63.
 */
export const longestPlace = 56
