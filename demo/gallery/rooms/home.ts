import type { Messages } from '../../../src/messages/en.ts'
import { type Home, homeView } from '../../../src/slack/views/home.ts'
import { textModal } from '../../../src/slack/views/input-modal.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy, noon } from '../../../test/an-upgrade.ts'
import { aHome, anItem } from '../../../test/slack/a-home.ts'
import { homeTab, modal, type Room } from '../exhibit.ts'

const asked = { ...anUpgrade(), approvals: [{ by: alice, at: noon, planHash: anUpgrade().plan?.hash ?? '' }] }
const next = { ...anUpgradeIn('awaitingContinue'), id: 'api-production-8' }
const held = { ...anUpgradeIn('paused'), id: 'search-production-3' }
const past = (['succeeded', 'rolledBack', 'rejected', 'failed'] as const).map((phase, index) => ({
  upgrade: { ...anUpgradeIn(phase), id: `web-production-${13 - index}` },
  url: 'https://shop.slack.com/archives/C0RELEASES/p1',
}))
const broken = { ...anUpgradeIn('succeeded', { policy: aPolicy({ breakGlass: true }) }), reviewDue: after(86_400_000) }
const stuck = {
  ...anUpgradeIn('rollingBack'),
  id: 'api-production-9',
  incidents: [{ at: noon, code: 'ROLLBACK_STUCK', detail: { cause: 'NOT_READY' } }],
  pages: [{ of: 0, at: after(300_000), users: [], groups: ['S0ONCALL'] }],
}
const lost = { ...anUpgrade(), id: 'search-production-4', takenOver: { at: noon, sequence: 9, pods: 3 } }
const places = ['web', 'api', 'search'].flatMap((service) => [
  { service, environment: 'staging', permissions: ['request' as const, 'operate' as const] },
  { service, environment: 'production', permissions: ['request' as const, 'approve' as const] },
])

/** What concerns one person. */
export function homeRoom(messages: Messages): Room {
  const tab = (title: string, home: Home) => homeTab(title, homeView(home, messages))
  return {
    id: 'home',
    title: 'The Home tab',
    exhibits: [
      tab('Home, of somebody who is asked', {
        ...aHome({
          waiting: [anItem(asked, ['approve', 'reject'])],
          underWay: [anItem(next), anItem(held, ['rollback'])],
          freezes: [{ scope: 'environment:staging', by: 'U0ROOT', reason: 'the sale', since: noon }],
          closed: [{ service: 'night', environment: 'production', opensAt: after(3_600_000) }],
          ended: past,
          places,
        }),
      }),
      tab(
        'Home, of an operator',
        aHome({ waiting: [anItem(next, ['continue', 'pause', 'rollback']), anItem(held, ['resume', 'rollback'])] }),
      ),
      tab(
        'Home, of somebody on call, who was paged',
        aHome({ waiting: [anItem(lost, ['approve', 'reject'])], underWay: [anItem(stuck, ['acknowledge'])] }),
      ),
      tab('Home, with nothing on it', aHome()),
      tab('Home, without a role', aHome({ places: [] })),
      tab(
        'Home, of an administrator',
        aHome({
          wrong: {
            channels: [{ channel: 'C0RELEASES', trouble: 'CHANNEL_ARCHIVED' }],
            reviews: [anItem(broken, ['review'])],
          },
        }),
      ),
      tab('Home, with more than there is room for', {
        ...aHome({
          underWay: Array.from({ length: 40 }, (_, index) => anItem({ ...next, id: `api-production-${index}` })),
          places: Array.from({ length: 60 }, (_, index) => ({
            service: `service-${index}`,
            environment: 'production',
            permissions: ['request' as const],
          })),
        }),
      }),
      tab('Home, of a guest', { for: 'outsider', admins: { roles: ['admins'], users: ['U0ROOT'], groups: [] } }),
      modal(
        'A press on a Home tab that was too late',
        textModal(messages.refusal({ code: 'ALREADY_DECIDED' }), messages.home.dialog('refused')),
      ),
    ],
  }
}
