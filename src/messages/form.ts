import type { Translator } from './translator.ts'

/** The modal in which somebody asks for an upgrade without typing a command. */
export function requestForm(t: Translator) {
  return {
    title: t.plain('form.title'),
    submit: t.plain('form.submit'),
    close: t.plain('form.close'),
    intro: t.say('form.intro', { usage: '<service> <version>' }),
    service: {
      label: t.plain('form.service.label'),
      placeholder: t.plain('form.service.placeholder'),
      hint: t.plain('form.service.hint'),
    },
    environment: { label: t.plain('form.environment.label'), placeholder: t.plain('form.environment.placeholder') },
    version: {
      label: t.plain('form.version.label'),
      placeholder: t.plain('form.version.placeholder'),
      hint: t.plain('form.version.hint'),
    },
    strategy: {
      label: t.plain('form.strategy.label'),
      placeholder: (usual: string) => t.plain('form.strategy.placeholder', { usual }),
    },
    batches: {
      label: t.plain('form.batches.label'),
      placeholder: (usual: readonly (string | number)[]) => usual.join(', '),
      hint: t.plain('form.batches.hint'),
    },
    reason: { label: t.plain('form.reason.label'), placeholder: t.plain('form.reason.placeholder') },
    startAt: { label: t.plain('form.startAt.label'), hint: t.plain('form.startAt.hint') },

    plan: {
      title: t.plain('form.plan.title'),
      submit: t.plain('form.plan.submit'),
      close: t.plain('form.plan.close'),
      checking: t.say('form.plan.checking'),
      unasked: t.say('form.plan.unasked'),
      blocked: t.say('form.plan.blocked'),
    },
    asking: t.say('form.asking'),
    asked: { title: t.plain('form.asked.title'), close: t.plain('form.asked.close') },
    refused: { title: t.plain('form.refused.title'), close: t.plain('form.refused.close') },
    unreadable: t.say('form.unreadable'),
    /** To somebody who asked for it by the shortcut. */
    notShown: t.say('form.notShown'),
  }
}
