/** What leads forward. It needs the question before one's eyes, fresh membership, and both policies. */
export type ForwardAction = (typeof forwardActions)[number]
const forwardActions = ['approve', 'continue', 'resume', 'restore'] as const
/** What stops, leads back or takes note. */
export type OtherAction = 'reject' | 'withdraw' | 'pause' | 'rollback' | 'cancel' | 'acknowledge'
/** What a person can do about an upgrade; also the `action_id` of its button. */
export type Action = ForwardAction | OtherAction

export const actions = [
  'approve',
  'reject',
  'withdraw',
  'cancel',
  'continue',
  'pause',
  'resume',
  'restore',
  'rollback',
  'acknowledge',
] as const satisfies readonly Action[]

export function isForward(action: Action): action is ForwardAction {
  return forwardActions.some((one) => one === action)
}
