import type { Area, Severity } from './report.ts'

type Known = {
  area: Area
  severity: Severity
  /** What follows from it, whoever and whatever it is about. */
  means: string
}

/**
 * Everything that `rollcall doctor` can find. A problem stops Rollcall, an upgrade or a promise that Rollcall makes; a
 * warning may do so one day; a note is for those who wonder. What to do is said where it is found, since it names names.
 */
export const doctorCodes = {
  // ---- environment
  NODE_TOO_OLD: {
    area: 'environment',
    severity: 'problem',
    means: 'Rollcall and the libraries that it uses are not tested on this Node, and may not start.',
  },
  TIME_ZONES_MISSING: {
    area: 'environment',
    severity: 'problem',
    means: 'Windows, and start times that people type, are in zones that this Node does not know.',
  },
  VARIABLE_INVALID: {
    area: 'environment',
    severity: 'problem',
    means: 'Rollcall does not start without it.',
  },
  GATE_SECRET_INVALID: {
    area: 'environment',
    severity: 'problem',
    means: 'A gate cannot prove who asks. Rollcall does not start, since an upgrade would find out in its middle.',
  },

  // ---- configuration
  CONFIG_UNREADABLE: {
    area: 'configuration',
    severity: 'problem',
    means: 'Rollcall does not start. What the configuration names (people, channels, targets) was not looked at.',
  },
  CONFIG_WRONG: {
    area: 'configuration',
    severity: 'problem',
    means: 'Rollcall does not start with it. What it names (people, channels, targets) was not looked at.',
  },
  ADMINS_NOT_NAMED: {
    area: 'configuration',
    severity: 'note',
    means: 'Nobody hears of a channel that got lost, nobody can freeze, and nobody can break the glass.',
  },
  QUORUM_UNREACHABLE: {
    area: 'configuration',
    severity: 'problem',
    means: 'Every request for an upgrade there is refused.',
  },
  ON_CALL_UNKNOWN: {
    area: 'configuration',
    severity: 'warning',
    means: 'Alerts call those whom the configuration or the roles name instead, whoever has the duty.',
  },
  ALERTS_NOT_TAKEN: {
    area: 'configuration',
    severity: 'note',
    means: 'No alert holds an upgrade or takes one back while it runs, whatever `onAlert` says.',
  },
  PUSHES_NOT_TAKEN: {
    area: 'configuration',
    severity: 'warning',
    means: 'Nothing that is pushed is proposed: whoever tells of it is refused.',
  },
  PUSHES_NOT_WANTED: {
    area: 'configuration',
    severity: 'warning',
    means: 'Whatever registries tell is counted, and nothing is proposed.',
  },
  PUSHES_NOT_CONFIRMED: {
    area: 'configuration',
    severity: 'warning',
    means: 'Nobody signs what Docker Hub tells, so nothing of it is proposed that the registry is not asked about.',
  },
  API_TOKEN_UNUSED: {
    area: 'configuration',
    severity: 'warning',
    means: 'Whoever has the token is refused, and nobody will miss it when it is stolen.',
  },
  PIPELINE_WITHOUT_TOKEN: {
    area: 'configuration',
    severity: 'warning',
    means: 'That pipeline cannot ask for an upgrade.',
  },
  REGISTRY_UNREACHABLE: {
    area: 'configuration',
    severity: 'problem',
    means: 'A version cannot be resolved to a digest, and an upgrade is refused where that is required.',
  },
  REGISTRY_REFUSES: {
    area: 'configuration',
    severity: 'problem',
    means: 'A version cannot be resolved to a digest, and an upgrade is refused where that is required.',
  },
  REGISTRY_NO_TAGS: {
    area: 'configuration',
    severity: 'warning',
    means:
      'There is no version to upgrade to: the repository does not exist, or is empty, or is not shown to Rollcall.',
  },
  PROMETHEUS_UNREACHABLE: {
    area: 'configuration',
    severity: 'problem',
    means: 'Gates that ask it cannot tell, so each upgrade that has one is held until somebody decides.',
  },
  ALERTMANAGER_UNREACHABLE: {
    area: 'configuration',
    severity: 'problem',
    means: 'Gates that ask it cannot tell, so each upgrade that has one is held until somebody decides.',
  },

  // ---- audit
  AUDIT_KEY_NOT_SET: {
    area: 'audit',
    severity: 'warning',
    means: 'Whoever can write to Redis can rewrite the audit trail, hashes and all, and nobody can tell.',
  },
  AUDIT_KEY_LOST: {
    area: 'audit',
    severity: 'problem',
    means: 'Rollcall does not start: it would go on writing entries that anybody can forge.',
  },
  AUDIT_ONE_COPY: {
    area: 'audit',
    severity: 'note',
    means: 'Redis has the only copy of the audit trail. A cut tail is only seen by comparing with another one.',
  },
  AUDIT_FILE_UNWRITABLE: {
    area: 'audit',
    severity: 'problem',
    means: 'The copy of the audit trail falls behind for as long as that lasts.',
  },

  // ---- redis
  REDIS_UNREACHABLE: {
    area: 'redis',
    severity: 'problem',
    means: 'Rollcall does not start. While Redis is away no decision is taken.',
  },
  REDIS_REFUSES: {
    area: 'redis',
    severity: 'problem',
    means: 'Rollcall does not start: Redis does not let it in.',
  },
  REDIS_TOO_OLD: {
    area: 'redis',
    severity: 'problem',
    means: 'Rollcall and its queue use commands that this Redis does not have.',
  },
  REDIS_CLUSTER: {
    area: 'redis',
    severity: 'problem',
    means: 'A Redis Cluster is not supported: scripts and queue are not tested on one.',
  },
  REDIS_READ_ONLY: {
    area: 'redis',
    severity: 'problem',
    means: 'This is a replica, which takes no writes: no decision can be stored.',
  },
  REDIS_EVICTS: {
    area: 'redis',
    severity: 'problem',
    means: 'When memory runs short Redis deletes keys by itself: upgrades under way, approvals, the audit trail.',
  },
  REDIS_NOT_PERSISTENT: {
    area: 'redis',
    severity: 'problem',
    means:
      'A restart of Redis loses everything since its last snapshot, or everything: who approved what, upgrades under way, the audit trail.',
  },
  REDIS_FSYNC_LATE: {
    area: 'redis',
    severity: 'warning',
    means:
      'What Redis has answered is not on disk yet. A crash of its machine loses the last decisions with their audit entries: two seconds of them with everysec, some thirty with no.',
  },
  REDIS_WRITES_FAIL: {
    area: 'redis',
    severity: 'problem',
    means:
      'Redis could not write its files the last time it tried. It refuses writes until it can, or loses them at its next start.',
  },
  REDIS_MEMORY_SHORT: {
    area: 'redis',
    severity: 'warning',
    means: 'At its limit Redis refuses writes, and no decision can be stored until there is room.',
  },
  REDIS_NEWER_STATE: {
    area: 'redis',
    severity: 'problem',
    means: 'A newer Rollcall wrote them. This one leaves them alone, and nobody can decide on them here.',
  },
  REDIS_SLOW: {
    area: 'redis',
    severity: 'warning',
    means: 'Every click waits for Redis several times, and one that is not stored within two seconds is not taken.',
  },
  REDIS_COMMANDS_FORBIDDEN: {
    area: 'redis',
    severity: 'problem',
    means: 'Rollcall or its queue fails as soon as it needs them.',
  },
  REDIS_SETTINGS_UNSEEN: {
    area: 'redis',
    severity: 'warning',
    means: 'Whether decisions are on disk before they are acknowledged is not known, and unknown is not good.',
  },

  // ---- slack
  SLACK_TOKEN_KIND: {
    area: 'slack',
    severity: 'problem',
    means: 'Rollcall does not start: the variable holds a token of another kind.',
  },
  SLACK_UNREACHABLE: {
    area: 'slack',
    severity: 'problem',
    means: 'Rollcall does not start. While Slack is away nothing goes forward that needs a person.',
  },
  SLACK_TOKEN_REFUSED: {
    area: 'slack',
    severity: 'problem',
    means: 'Rollcall does not start: Slack does not take its bot token.',
  },
  SLACK_SCOPES_MISSING: {
    area: 'slack',
    severity: 'problem',
    means: 'Rollcall does not start: it cannot do what it is for.',
  },
  SLACK_SCOPES_OPTIONAL: {
    area: 'slack',
    severity: 'warning',
    means: 'Rollcall goes without what that scope is for.',
  },
  SLACK_APP_TOKEN_REFUSED: {
    area: 'slack',
    severity: 'problem',
    means: 'Rollcall does not start: without Socket Mode nothing that people do in Slack gets here.',
  },
  SLACK_APP_TOKEN_SCOPE: {
    area: 'slack',
    severity: 'problem',
    means: 'Rollcall does not start: without that scope the token opens no connection.',
  },
  SLACK_APPS_DIFFER: {
    area: 'slack',
    severity: 'problem',
    means: 'What people do reaches one app, and the answers come from another one: buttons do nothing.',
  },
  SLACK_REQUEST_URL_UNTRIED: {
    area: 'slack',
    severity: 'note',
    means: 'Whether Slack gets through to Rollcall was not looked at: what the app has as its URL, Slack tells nobody.',
  },
  SLACK_REQUEST_URL_INSECURE: {
    area: 'slack',
    severity: 'problem',
    means: 'Slack sends to https addresses only.',
  },
  SLACK_REQUEST_URL_UNREACHABLE: {
    area: 'slack',
    severity: 'problem',
    means: 'Commands and clicks time out: nobody answers there.',
  },
  SLACK_REQUEST_URL_ELSEWHERE: {
    area: 'slack',
    severity: 'problem',
    means: 'Commands and clicks get no answer: what answers there is not Rollcall, or not its address for Slack.',
  },
  SLACK_SIGNING_SECRET_DIFFERS: {
    area: 'slack',
    severity: 'problem',
    means: 'The Rollcall there takes nothing that is signed with this signing secret.',
  },
  SLACK_REQUEST_URL_UNVERIFIED: {
    area: 'slack',
    severity: 'problem',
    means: 'What answers there takes requests that Slack has not signed, so anybody could speak in its name.',
  },
  SLACK_NOTHING_ARRIVED: {
    area: 'slack',
    severity: 'note',
    means: 'Nobody has typed the command since Redis was set up, or Slack does not know where to send it.',
  },
  SLACK_NO_CLICKS_ARRIVED: {
    area: 'slack',
    severity: 'warning',
    means: 'Commands arrive, and no click or form ever did: buttons may do nothing.',
  },
  SLACK_NO_REPLIES_ARRIVED: {
    area: 'slack',
    severity: 'note',
    means: 'Nobody has replied in a thread with a word that Rollcall acts on, or Slack does not tell it of replies.',
  },
  SLACK_NO_HOME_ARRIVED: {
    area: 'slack',
    severity: 'note',
    means: 'Nobody has looked at the Home tab, or Slack does not tell Rollcall of it, which then shows nothing there.',
  },
  SLACK_CHANNEL_UNKNOWN: {
    area: 'slack',
    severity: 'problem',
    means: 'Nothing can be shown there, and no upgrade of these services goes forward.',
  },
  SLACK_CHANNEL_ARCHIVED: {
    area: 'slack',
    severity: 'problem',
    means: 'Nothing can be shown there, and no upgrade of these services goes forward.',
  },
  SLACK_CHANNEL_NOT_JOINED: {
    area: 'slack',
    severity: 'problem',
    means: 'Nothing can be shown there, and no upgrade of these services goes forward.',
  },
  SLACK_CHANNEL_SHARED: {
    area: 'slack',
    severity: 'problem',
    means: 'People of another workspace read along, so no upgrade of these services goes forward.',
  },
  SLACK_CHANNEL_SCOPES: {
    area: 'slack',
    severity: 'problem',
    means: 'A message that was not noted is posted again, or whoever has not joined the channel is not told.',
  },
  SLACK_GROUP_UNKNOWN: {
    area: 'slack',
    severity: 'problem',
    means: 'It stands for nobody, so whoever was meant may not act.',
  },
  SLACK_GROUP_DISABLED: {
    area: 'slack',
    severity: 'problem',
    means: 'It stands for nobody, so whoever was meant may not act.',
  },
  SLACK_GROUP_EMPTY: {
    area: 'slack',
    severity: 'warning',
    means: 'It stands for nobody.',
  },
  SLACK_PERSON_DOES_NOT_COUNT: {
    area: 'slack',
    severity: 'warning',
    means: 'Only full members of this workspace count: whatever a role gives this account, it may not do.',
  },
  CLOCK_OFF: {
    area: 'environment',
    severity: 'warning',
    means:
      'Times of the audit trail, windows and expiries are as wrong as the clock, and at five minutes Slack’s requests are refused.',
  },
  CLOCK_WRONG: {
    area: 'environment',
    severity: 'problem',
    means:
      'Requests are dated, and those that are five minutes off are refused as replays: commands and clicks do nothing.',
  },

  // ---- kubernetes
  KUBECONFIG_UNUSABLE: {
    area: 'kubernetes',
    severity: 'problem',
    means: 'Rollcall does not start: no cluster can be reached.',
  },
  CLUSTER_UNREACHABLE: {
    area: 'kubernetes',
    severity: 'problem',
    means: 'Rollcall does not start; and while the API server is away upgrades there wait.',
  },
  CLUSTER_REFUSES: {
    area: 'kubernetes',
    severity: 'problem',
    means: 'Rollcall does not start: it has to know which cluster this is, by the UID of kube-system.',
  },
  KUBERNETES_UNTESTED: {
    area: 'kubernetes',
    severity: 'warning',
    means:
      'Exact batches rest on how the Deployment controller behaves, and that is tested on the stated versions only.',
  },
  RIGHTS_MISSING: {
    area: 'kubernetes',
    severity: 'problem',
    means: 'The plan of every upgrade there is blocked (RBAC_FORBIDDEN).',
  },
  RIGHTS_TO_LOOK_MISSING: {
    area: 'kubernetes',
    severity: 'note',
    means: 'Upgrades work; a plan or `kubectl describe` says less than it could.',
  },
  RIGHTS_TOO_MANY: {
    area: 'kubernetes',
    severity: 'warning',
    means: 'Rollcall never needs that. Whoever gets hold of its account has it.',
  },
  TARGET_NOT_FOUND: {
    area: 'kubernetes',
    severity: 'problem',
    means: 'There is nothing to upgrade: every request is refused.',
  },
  CONTAINER_NOT_FOUND: {
    area: 'kubernetes',
    severity: 'problem',
    means: 'There is nothing to upgrade: every plan is blocked.',
  },
  TARGET_CONTESTED: {
    area: 'kubernetes',
    severity: 'problem',
    means: 'The plan of every upgrade there is blocked, since somebody else would undo it or get in its way.',
  },

  // ---- any of them
  NOT_CHECKED: {
    area: 'environment',
    severity: 'warning',
    means: 'It may be right or wrong, and unknown is not good.',
  },
} as const satisfies Record<string, Known>

export type DoctorCode = keyof typeof doctorCodes
