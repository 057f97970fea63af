import type { Messages } from '../../../src/messages/en.ts'
import { proposalMessage } from '../../../src/slack/views/proposal.ts'
import { requestModal } from '../../../src/slack/views/request-modal.ts'
import type { Offer } from '../../../src/upgrade/proposals.ts'
import { anUpgradeIn, aPolicy, dana, noon } from '../../../test/an-upgrade.ts'
import type { Exhibit } from '../../server/protocol.ts'
import { modal, posted, type Room, said } from '../exhibit.ts'

const url = 'https://acme.slack.com/archives/C0RELEASES/p1782907200000100'
const policy = aPolicy()
const { service, environment } = policy
const version = '2.4.0'
const digest = `sha256:9f3c07${'0'.repeat(58)}`

/** What a registry said was pushed. */
export function proposalsRoom(messages: Messages): Room {
  const proposed = (title: string, state: Offer['state']): Exhibit[] => {
    const desired = proposalMessage({ version, digest, source: 'harbor', at: noon, state }, policy, messages)
    return desired ? [posted(title, desired)] : []
  }
  const form = { service, environment, version }
  const place = { service, environments: ['staging', environment], policy }
  return {
    id: 'proposals',
    title: 'Proposals',
    exhibits: [
      ...proposed('pushed', { is: 'open', since: noon, runs: '2.3.1' }),
      ...proposed('what runs is not known', { is: 'open', since: noon }),
      ...proposed('superseded', { is: 'superseded', by: '2.5.0' }),
      ...proposed('requested', { is: 'requested', id: 'web-production-14', by: dana }),
      ...proposed('dismissed', { is: 'dismissed', by: dana }),
      modal('the form with all that was proposed', requestModal(place, { user: dana.user, form }, messages)),
      said('somebody was faster', messages.proposalAsked(anUpgradeIn('awaitingApproval'), url)),
      said('not proposed any more', messages.proposalOver()),
    ],
  }
}
