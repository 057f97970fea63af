import { createContext } from 'preact'
import type { Choice, Json, Option } from '../server/protocol.ts'

/** What pressing or choosing something does; where it is absent, everything is shown and nothing can be used. */
export type Interaction = (input: {
  actionId: string
  blockId?: string | undefined
  confirm?: boolean
  choice?: Choice
}) => void

export const InteractionContext = createContext<Interaction | undefined>(undefined)

/** What the inputs of a modal hold. */
export type Form = {
  value(blockId: string, actionId: string): Choice | undefined
  /** Tells the app of it, too, where the input wants that. */
  set(blockId: string, actionId: string, choice: Choice): void
  /** What the app offers for what was typed. */
  suggest(actionId: string, text: string): Promise<Option[]>
}

export const FormContext = createContext<Form | undefined>(undefined)

export function textOf(value: unknown): string {
  const text = (value as { text?: unknown } | undefined)?.text
  return typeof text === 'string' ? text : ''
}

export function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}
