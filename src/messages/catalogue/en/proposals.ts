/** Versions that were pushed, and that nobody has asked for yet. */
export const proposals = {
  'proposal.open': '*{service} {version}* was pushed. Upgrade {environment}?',
  'proposal.runs': '{version} runs now',
  'proposal.runsUnknown': 'what runs now is not known',
  'proposal.who': '{roles} may request it',
  'proposal.superseded': '{service} {version} for {environment}: superseded by {by}.',
  'proposal.requested': '{service} {version} for {environment}: requested by {who}, {id}.',
  'proposal.dismissed': '{service} {version} for {environment}: dismissed by {who}.',
  'proposal.request': 'Request upgrade',
  'proposal.dismiss': 'Dismiss',
  'proposal.over': 'This version is not proposed any more. `/upgrade` asks for any version all the same.',
  'proposal.asked': 'Somebody was faster: {who} requested {service} {version} for {environment}, {link}.',
} as const
