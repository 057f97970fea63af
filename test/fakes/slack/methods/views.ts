import { describeFinding, isObject, type JsonObject, validateView } from '../block-kit.ts'
import { type App, type Arguments, type Method, refusal, SlackError } from '../method.ts'
import { wireView } from '../wire.ts'
import type { OpenView } from '../workspace.ts'

const MAX_VIEW_BYTES = 250_000

/** Views that can stand on each other. */
const MAX_STACK = 3

export const viewsMethods: Record<string, Method> = {
  'views.open': {
    scopes: [],
    rate: 'tier4',
    required: { view: 'json', trigger_id: 'string' },
    run(app, args) {
      const view = acceptView(app, args.json('view'), 'modal')
      const { user, id } = exchange(app, args)
      return { view: wireView(app, app.workspace.open(user, view, undefined, id)) }
    },
  },

  'views.push': {
    scopes: [],
    rate: 'tier4',
    required: { view: 'json', trigger_id: 'string' },
    run(app, args) {
      const view = acceptView(app, args.json('view'), 'modal')
      const { user, id, view: below } = exchange(app, args)
      const current = below ? app.workspace.findView({ id: below }) : undefined
      if (!current) throw refusal('invalid_arguments', ['a view is pushed on an open one [json-pointer:/trigger_id]'])
      return { view: wireView(app, pushView(app, user, view, current, id)) }
    },
  },

  'views.update': {
    scopes: [],
    rate: 'tier4',
    required: { view: 'json' },
    optional: { view_id: 'string', external_id: 'string', hash: 'string' },
    run(app, args) {
      if (args.has('view_id') === args.has('external_id')) {
        throw refusal('invalid_arguments', ['must provide exactly one of: view_id, external_id [json-pointer:/]'])
      }
      const current = app.workspace.findView({ id: args.maybe('view_id'), externalId: args.maybe('external_id') })
      if (!current) throw new SlackError('not_found')
      const view = acceptView(app, args.json('view'), current.type, current)
      if (args.has('hash') && args.text('hash') !== current.hash) throw new SlackError('hash_conflict')
      return { view: wireView(app, app.workspace.updateView(current, view)) }
    },
  },

  'views.publish': {
    scopes: [],
    rate: 'tier4',
    required: { view: 'json', user_id: 'string' },
    optional: { hash: 'string' },
    run(app, args) {
      if (!app.homeTab) throw new SlackError('not_enabled')
      const user = app.workspace.users.get(args.text('user_id'))
      // Slack does not say of whom it takes none; not of these is the strictest.
      if (!user || user.deleted || user.isBot) throw refusal('invalid_arguments', ['invalid `user_id`'])
      const current = app.workspace.homeOf(user.id)
      const view = acceptView(app, args.json('view'), 'home', current)
      if (current && args.has('hash') && args.text('hash') !== current.hash) throw new SlackError('hash_conflict')
      const shown = current ? app.workspace.updateView(current, view) : app.workspace.open(user.id, view)
      return { view: wireView(app, shown) }
    },
  },
}

/** A view that Slack would show, or the error it answers with. */
export function acceptView(app: App, value: unknown, type: OpenView['type'], replaced?: OpenView): JsonObject {
  const found = validateView(value)
  if (found.length > 0) throw refusal('invalid_arguments', found.map(describeFinding))
  if (!isObject(value) || value.type !== type) {
    throw refusal('invalid_arguments', [`must be a ${type} [json-pointer:/view/type]`])
  }
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_VIEW_BYTES) throw new SlackError('view_too_large')
  if (typeof value.external_id === 'string' && value.external_id) {
    const namesake = app.workspace.findView({ externalId: value.external_id })
    if (namesake && namesake.id !== replaced?.id) throw new SlackError('duplicate_external_id')
  }
  return value
}

export function pushView(app: App, user: string, view: JsonObject, current: OpenView, interaction: string): OpenView {
  const stack = app.workspace.views().filter((one) => one.state === 'open' && one.rootViewId === current.rootViewId)
  if (stack.length >= MAX_STACK) throw new SlackError('push_limit_reached')
  return app.workspace.open(user, view, current, interaction)
}

function exchange(app: App, args: Arguments) {
  const interaction = app.interactions.exchange(args.text('trigger_id'))
  if (interaction === 'invalid') throw refusal('invalid_arguments', ['invalid `trigger_id` [json-pointer:/trigger_id]'])
  if (typeof interaction === 'string') throw new SlackError(interaction)
  return interaction
}
