import type { Messages } from '../../../src/messages/en.ts'
import { textModal } from '../../../src/slack/views/input-modal.ts'
import {
  askedModal,
  type FormPlace,
  planModal,
  requestModal,
  waitingModal,
} from '../../../src/slack/views/request-modal.ts'
import { anUpgrade, aPolicy } from '../../../test/an-upgrade.ts'
import { modal, type Room } from '../exhibit.ts'

const token = { user: 'U0DANA', form: {} }
const { request, plan, policy } = anUpgrade()
const blocked = { severity: 'block' as const, code: 'TAG_FORBIDDEN' as const, detail: { tag: 'latest' } }

function planned(messages: Messages, title: string, isBlocked: boolean) {
  if (!plan) throw new Error('this upgrade has no plan')
  const findings = isBlocked ? [blocked, ...plan.findings] : plan.findings
  const listing = messages.planned(request, { ...plan, findings }, policy.strategy.type, { mrkdwn: '' })
  return modal(title, planModal(listing, { isBlocked, token }, messages))
}

/** A request without a command. */
export function requestFormRoom(messages: Messages): Room {
  const { requestForm: words } = messages
  const form = (title: string, place: FormPlace) => modal(title, requestModal(place, token, messages))
  return {
    id: 'request-form',
    title: 'The form',
    exhibits: [
      form('The form, just opened', { environments: [] }),
      form('The form, of a service with one environment', {
        service: 'web',
        environments: ['production'],
        policy: aPolicy(),
      }),
      form('The form, of a service with several', { service: 'api', environments: ['staging', 'production'] }),
      form('The form, where strategy and batches are left to people', {
        ...{ service: 'web', environments: ['production'] },
        policy: aPolicy({ overrides: ['strategy', 'batches'] }),
      }),
      modal('Its plan, being made', waitingModal('name', words.plan.checking, messages)),
      planned(messages, 'Its plan', false),
      planned(messages, 'Its plan, with something in the way', true),
      modal('Asking takes a while', waitingModal('name', words.asking, messages)),
      modal(
        'Asked for',
        askedModal(messages.answers.asked(anUpgrade(), 'https://shop.slack.com/archives/C0RELEASES/p1'), messages),
      ),
      modal('Not asked for', textModal(messages.refusal({ code: 'ACTIVE', id: 'web-production-13' }), words.refused)),
      modal('A form that cannot be read', textModal(words.unreadable, words.refused)),
    ],
  }
}
