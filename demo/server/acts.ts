import { z } from 'zod'
import { locales } from '../../src/upgrade/locale.ts'
import type { Act } from './protocol.ts'

const Choice = z.union([z.string(), z.number(), z.array(z.string())])
const Workload = { namespace: z.string(), name: z.string() }

const Trouble = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('crashPod'), pod: z.string().optional(), ...Workload }),
  z.strictObject({ what: z.literal('scale'), replicas: z.int().min(0).max(50), ...Workload }),
  z.strictObject({ what: z.literal('undo'), ...Workload }),
  z.strictObject({ what: z.literal('setImage'), image: z.string().max(500), ...Workload }),
  z.strictObject({ what: z.literal('fireAlert'), ...Workload }),
  z.strictObject({ what: z.literal('resolveAlert'), ...Workload }),
  z.strictObject({ what: z.literal('killWorker') }),
  z.strictObject({ what: z.literal('startWorker') }),
  z.strictObject({ what: z.literal('disconnectSlack') }),
  z.strictObject({ what: z.literal('connectSlack') }),
  z.strictObject({ what: z.literal('stopRedis') }),
  z.strictObject({ what: z.literal('startRedis') }),
])

/** What the page may ask for. */
export const ActInput: z.ZodType<Act> = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('command'), user: z.string(), channel: z.string(), text: z.string().max(8_000) }),
  z.strictObject({
    do: z.literal('say'),
    user: z.string(),
    channel: z.string(),
    text: z.string().min(1).max(8_000),
    threadTs: z.string().optional(),
  }),
  z.strictObject({
    do: z.literal('click'),
    user: z.string(),
    channel: z.string(),
    ts: z.string(),
    actionId: z.string(),
    blockId: z.string().optional(),
    confirm: z.boolean().optional(),
    choice: Choice.optional(),
  }),
  z.strictObject({ do: z.literal('submit'), view: z.string(), values: z.record(z.string(), Choice) }),
  z.strictObject({ do: z.literal('close'), view: z.string() }),
  z.strictObject({
    do: z.literal('viewAction'),
    view: z.string(),
    actionId: z.string(),
    blockId: z.string().optional(),
    choice: Choice.optional(),
    confirm: z.boolean().optional(),
    values: z.record(z.string(), Choice).optional(),
  }),
  z.strictObject({ do: z.literal('suggest'), view: z.string(), actionId: z.string(), text: z.string().max(8_000) }),
  z.strictObject({ do: z.literal('openHome'), user: z.string() }),
  z.strictObject({ do: z.literal('whoCan'), user: z.string(), channel: z.string(), ts: z.string() }),
  z.strictObject({ do: z.literal('trouble'), trouble: Trouble }),
  z.strictObject({
    do: z.literal('pipeline'),
    service: z.string(),
    environment: z.string(),
    version: z.string().max(200),
  }),
  z.strictObject({
    do: z.literal('speak'),
    locale: z.enum(locales),
    channel: z.boolean(),
    people: z.array(z.string()).max(100),
  }),
])

/** `look` tells where the tour is, `next` does what comes next, `done` says that the person at the page did it. */
export const TourInput = z.strictObject({ what: z.enum(['look', 'next', 'done']) })
