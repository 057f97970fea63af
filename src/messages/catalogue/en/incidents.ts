/** What went wrong or was changed by others, as a whole sentence. By the codes of gates, targets and the core. */
export const incidents = {
  'incident.gateFailed': 'Gate {gate} failed: {failed}.',
  'incident.bare': '{bare}.',
  // why a batch waits for pods, or failed
  'incident.CRASH_LOOP':
    '{pod, select, none {A pod} other {Pod {pod}}} of the new version crashes again and again{cause}.',
  'incident.IMAGE_PULL': '{pod, select, none {A pod} other {Pod {pod}}} cannot pull its image{cause}.',
  'incident.CONTAINER_CONFIG':
    'The container of {pod, select, none {A pod} other {Pod {pod}}} cannot be created{cause}.',
  'incident.UNSCHEDULABLE': 'No node takes {pod, select, none {A pod} other {Pod {pod}}}{cause}.',
  'incident.PODS_REFUSED': 'No new pod can be created{cause}.',
  'incident.NOT_READY': 'New pods run but are not Ready: {ready} of {wanted} are.',
  'incident.CONTROLLER_BEHIND': 'The Deployment controller has not acted on the last change.',
  // what the rollout gate saw on the new pods
  'incident.OOM_KILLED':
    '{pod, select, none {A pod} other {Pod {pod}}} of the new version ran out of memory and was killed.',
  'incident.RESTARTED': '{pod, select, none {A pod} other {Pod {pod}}} of the new version restarted{cause}.',
  'incident.READINESS_LOST':
    '{pod, select, none {A pod} other {Pod {pod}}} of the new version was Ready and is not any more.',
  'incident.NO_GATE': 'Gate {gate} is not known to this Rollcall.',
  'incident.GATE_INCONCLUSIVE':
    'Gate {gate} could not tell: {measured}. What is not known does not count as good. Resume to go on without it here, or roll back.',
  'incident.GATE_INCONCLUSIVE.ofImage':
    'Gate {gate} could not tell: {measured}. What is not known does not count as good, and of an image nobody goes on without it. Put that right and resume, which asks again.',
  // an alert of somebody else's
  'incident.ON_ALERT': 'Alert {name} ({severity}) began to fire after the start.',
  // changes from outside
  'incident.OUTSIDE_SCALED': '{updated} updated: {somebody} scaled {from} → {to}.',
  'incident.OUTSIDE_SCALED.moved': '{rested} → {updated} updated: {somebody} scaled {from} → {to}.',
  'incident.OUTSIDE_TEMPLATE': '{somebody} changed the pod template.',
  'incident.OUTSIDE_TEMPLATE.undone': '{somebody} undid the rollout: {from} → {to} in the pod template.',
  'incident.OUTSIDE_TEMPLATE.restored':
    'Somebody put the workload back with `rollcall restore`: {from} → {to} in the pod template.',
  'incident.OUTSIDE_TEMPLATE.restarted': '{somebody} asked for a restart, which changed the pod template.',
  'incident.OUTSIDE_TEMPLATE.image': '{somebody} set another image: {from} → {to} in the pod template.',
  'incident.OUTSIDE_FIELDS': '{somebody} changed the workload: {fields}.',
  'incident.OUTSIDE_SHARE': '{from} → {to} updated, and Rollcall did not do it.',
  'incident.OUTSIDE_AHEAD':
    'The workload bears the mark {stamp}, which is ahead of what Rollcall has stored: its store went back in time. What was approved cannot be proven, so it is void. Roll back; or resume, and the start is asked for once more.',
  'incident.ADOPTED':
    "Rollcall's store had lost this upgrade, and it was taken over from the workload, which bears the mark {mark}. What was approved cannot be proven, so it is void. Roll back; or resume, and the start is asked for once more.",
  'incident.TEMPLATE_CHANGED':
    "The workload's template changed between plan and start. Nothing was touched, every approval is void, and a new plan follows.",
  'incident.REPLICAS_CHANGED':
    "The workload's replicas changed between plan and start. Nothing was touched, every approval is void, and a new plan follows.",
  'incident.IMAGE_MOVED':
    'The version stands for another image now: {from} → {to}. Nothing was touched, every approval is void, and a new plan follows.',
  'incident.IMAGE_MOVED.gone':
    'The image that was approved ({from}) is not in its registry any more. Nothing was touched, every approval is void, and it is checked anew.',
  // what did not hold when everything was checked again at the start, or while it ran
  'incident.POLICY_CHANGED':
    'The configuration says something else about this service than what was approved ({parts}). Nothing was touched, every approval is void, and a new plan follows.',
  'incident.APPROVALS_VOIDED':
    'When everything was checked again before the start, this did not count any more: {voided}. Nothing was touched, and the start is asked for anew.',
  'incident.REQUEST_VOID':
    'The configuration does not stand behind this request any more ({parts}). Nothing was touched, and it ends here.',
  'incident.SERVICE_REMOVED':
    "The service is no longer in Rollcall's configuration. Nothing goes forward until an administrator puts it back; pausing and rolling back work as before.",
  // stops that somebody wrote on the workload itself
  'incident.PAUSED_IN_CLUSTER': '{by} paused it in the cluster, without Slack{saying}.',
  'incident.TURNED_BACK_IN_CLUSTER': '{by} asked in the cluster, without Slack, to roll back{saying}.',
  'incident.RESTORED_IN_CLUSTER': '{by} put the workload back with `rollcall restore`, without Slack{saying}.',
  'incident.STOP_UNKNOWN':
    '{by} wrote `rollcall.dev/stop={value}` on the workload, which means nothing: it is `hold` or `rollback`. Nothing was stopped.',
  'incident.doneAlone': 'Rollcall did not answer, so it was done without it · {at}.',
  // windows and freezes
  'incident.WINDOW_CLOSED': '{closed}. The next batch waits for that.',
  'incident.FROZEN': '{frozen}. The next batch waits until that is over.',
  // the channel
  'incident.CHANNEL_ARCHIVED':
    'The channel of this upgrade{channel} was archived, so nobody sees what goes on. Nothing goes forward until it is back; pausing and rolling back work from any other channel.',
  'incident.CHANNEL_LEFT':
    'Rollcall is not in the channel of this upgrade any more{channel}, so nobody sees what goes on. Nothing goes forward until it is invited again; pausing and rolling back work from any other channel.',
  'incident.CHANNEL_SHARED':
    'The channel of this upgrade{channel} is shared with another workspace now: strangers read along. Nothing goes forward until somebody resumes.',
  'incident.REVIEW_OVERDUE':
    'It went ahead without approvals, and no other administrator has signed it off within 24 hours.',
  // how it may end
  'incident.ROLLBACK_STUCK':
    'The rollback makes no progress{cause}. Rollcall keeps trying; somebody should look at the pods of the old version.',
  'incident.ROLLBACK_FAILED': 'The rollback did not come to its end in time{cause}, and Rollcall has stopped trying.',
  'incident.TARGET_GONE': 'Somebody deleted the workload. Rollcall never recreates one.',
  'incident.TARGET_GONE.recreated': 'Somebody deleted the workload and made it anew: another object has its name now.',
  'incident.HELD_TOO_LONG': 'Nobody decided in time.',
  'incident.BLOCKED': 'The checks found what stands in the way.',

  // the same as a few words, for «paused because …» and records
  'cause.CRASH_LOOP': 'new pods crash',
  'cause.IMAGE_PULL': 'the image cannot be pulled',
  'cause.CONTAINER_CONFIG': 'a container cannot be created',
  'cause.UNSCHEDULABLE': 'no node takes a new pod',
  'cause.PODS_REFUSED': 'no new pod can be created',
  'cause.NOT_READY': 'new pods do not become Ready',
  'cause.NOT_READY.onTheWayBack': 'pods of the old version do not become Ready',
  'cause.CONTROLLER_BEHIND': 'the Deployment controller does not act',
  'cause.OOM_KILLED': 'a new pod ran out of memory',
  'cause.RESTARTED': 'a new pod restarted',
  'cause.READINESS_LOST': 'a new pod is not Ready any more',
  'cause.NO_GATE': 'a gate is not known',
  'cause.GATE_INCONCLUSIVE': 'a gate could not tell',
  'cause.ON_ALERT': 'an alert fires',
  'cause.OUTSIDE_SCALED': 'somebody scaled the workload',
  'cause.OUTSIDE_TEMPLATE': 'somebody changed the pod template',
  'cause.OUTSIDE_FIELDS': 'somebody changed the workload',
  'cause.OUTSIDE_SHARE': 'pods changed without Rollcall',
  'cause.OUTSIDE_AHEAD': 'the workload is ahead of the store',
  'cause.ADOPTED': 'the store had lost it',
  'cause.TEMPLATE_CHANGED': 'the template changed before the start',
  'cause.REPLICAS_CHANGED': 'the replicas changed before the start',
  'cause.IMAGE_MOVED': 'the version stands for another image',
  'cause.POLICY_CHANGED': 'the policy changed before the start',
  'cause.APPROVALS_VOIDED': 'approvals became void',
  'cause.REQUEST_VOID': 'the configuration changed what was asked for',
  'cause.SERVICE_REMOVED': 'the service is no longer in the configuration',
  'cause.PAUSED_IN_CLUSTER': 'paused in the cluster',
  'cause.TURNED_BACK_IN_CLUSTER': 'rolled back in the cluster',
  'cause.RESTORED_IN_CLUSTER': 'put back with `rollcall restore`',
  'cause.STOP_UNKNOWN': 'a stop was not understood',
  'cause.WINDOW_CLOSED': 'no window is open',
  'cause.FROZEN': 'an administrator froze it',
  'cause.CHANNEL_ARCHIVED': 'its channel was archived',
  'cause.CHANNEL_LEFT': 'Rollcall is not in its channel any more',
  'cause.CHANNEL_SHARED': 'its channel is shared with another workspace',
  'cause.REVIEW_OVERDUE': 'break-glass was not signed off in time',
  'cause.ROLLBACK_STUCK': 'the rollback made no progress',
  'cause.ROLLBACK_FAILED': 'the rollback did not come to its end',
  'cause.TARGET_GONE': 'the workload is gone',
  'cause.HELD_TOO_LONG': 'nobody decided in time',
  'cause.BLOCKED': 'the checks found what stands in the way',
  'cause.gateFailed': 'a gate failed',
  'cause.inBrackets': ' ({cause})',

  'voided.approval': 'the yes of {user} ({why})',
  'voided.ROLE_LOST': 'no longer in a role that approves',
  'voided.OWN_REQUEST': 'the same person as the requester',
  'voided.SAME_PERSON': 'the same person as another approver',
  'voided.BOT': 'a bot',
  'voided.GUEST': 'a guest now',
  'voided.DEACTIVATED': 'deactivated',
  'voided.STRANGER': 'no longer in this workspace',

  'policy.promotion': 'it has not succeeded in time where it has to come from',
  'policy.separateRequester': 'whose approval counts',
  'policy.onFailure': 'what follows on a failure',
  'policy.onAlert': 'what follows on an alert',
  'policy.gitops': 'what to do about GitOps',
  'policy.image': 'the image repository',
  'policy.imagePolicy': 'what is asked of images',
  'policy.overrides': 'what a requester may set',
  'policy.breakGlass': 'break-glass is not allowed any more',
  'policy.dependsOn': 'what it depends on',

  'somebody.unnamed': 'Somebody',
  'somebody.named': 'Somebody ({by})',
  'somebody.channel': ' ({channel})',

  // to administrators
  'admin.CHANNEL_ARCHIVED':
    '{channel}: this channel was archived, and upgrades are shown there. Unarchive it, or name another one in rollcall.yaml.',
  'admin.CHANNEL_LEFT':
    '{channel}: Rollcall is not in this channel any more, and upgrades are shown there. Invite it again.',
  'admin.CHANNEL_SHARED':
    '{channel}: this channel is shared with another workspace now, and upgrades are shown there. End the sharing, or let an operator resume.',
  'admin.held': 'Under way there, and held: {upgrades}.',
  'admin.orphaned':
    '{id} holds Deployment {workload} on {cluster}, and Rollcall knows nothing else of it: Redis has lost it, and the record beside the workload does not say what was asked for. Nothing moves there until somebody puts it back: `rollcall restore deployment/{name} --namespace {namespace}`',
  'admin.orphaned.noRecord':
    '{id} holds Deployment {workload} on {cluster}, and Rollcall knows nothing else of it: Redis has lost it, and the ConfigMap with its original settings is gone. Nothing moves there until somebody puts it back, from its manifest: `kubectl replace --namespace {namespace} --filename &lt;manifest of {name}&gt;`',
} as const
