import { code, mrkdwn } from '../markup.ts'

/** The modal in which somebody asks for an upgrade without typing a command. */
export const requestForm = {
  title: 'Request an upgrade',
  submit: 'Show the plan',
  close: 'Cancel',
  intro: mrkdwn`Nothing is asked for before you have seen the plan. In one line: ${code('/upgrade <service> <version>')}`,
  service: {
    label: 'Service',
    placeholder: 'Type to search',
    hint: 'Those that you may request an upgrade of.',
  },
  environment: { label: 'Environment', placeholder: 'Choose one' },
  version: {
    label: 'Version',
    placeholder: 'Type to search: a tag, or sha256:…',
    hint: 'What you type can be chosen even when no list has it.',
  },
  strategy: { label: 'Strategy', placeholder: (usual: string) => `As configured: ${usual}` },
  batches: {
    label: 'Batches',
    placeholder: (usual: readonly (string | number)[]) => usual.join(', '),
    hint: 'Numbers of pods and percentages, each counted from the start. Empty: as configured.',
  },
  reason: { label: 'Reason', placeholder: 'What is it for? Approvers read this.' },
  startAt: { label: 'Not before', hint: 'By your own clock. Empty: as soon as it is approved.' },

  plan: {
    title: 'The plan',
    submit: 'Request',
    close: 'Back',
    checking: mrkdwn`Checking … The plan is shown here in a moment.`,
    unasked: mrkdwn`Nothing is asked for yet: «Request» posts it, and whoever can approve is called.`,
    blocked: mrkdwn`Put right what stands in the way, or go back and ask for something else.`,
  },
  asking: mrkdwn`Asking for it …`,
  asked: { title: 'Requested', close: 'Done' },
  refused: { title: 'Not requested', close: 'Back' },
  unreadable: mrkdwn`This form cannot be read, so nothing was done. Open it again with ${code('/upgrade')}.`,
  /** To somebody who asked for it by the shortcut. */
  notShown: mrkdwn`The form could not be shown. Try again, or type it: ${code('/upgrade help')} says how.`,
}
