/** What a new configuration changes in who may do what. */
export const permissions = {
  'permissions.changed': 'A new configuration is in force. Who may do what has changed:',
  'permissions.everywhere': 'every service',
  'permissions.place': '*{service}* in *{environment}*',
  'permissions.line': '• {place}, {permission}: {changes}',
  'permissions.without': 'without {removed}',
  'permissions.with': 'with {added}',
  'permissions.replaced': 'without {removed}, now with {added}',
} as const
