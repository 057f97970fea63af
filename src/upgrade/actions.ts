/** What leads forward. It needs the question before one's eyes, fresh membership, and both policies. */
export type ForwardAction = (typeof forwardActions)[number]
const forwardActions = ['approve', 'confirm', 'accept', 'continue', 'resume', 'restore'] as const
/** What stops, leads back or takes note. */
export type OtherAction =
  | 'reject'
  | 'withdraw'
  | 'decline'
  | 'pause'
  | 'rollback'
  | 'explain'
  | 'cancel'
  | 'acknowledge'
  | 'review'
/** What a person can do about an upgrade; also the `action_id` of its button. */
export type Action = ForwardAction | OtherAction

export const actions = [
  'approve',
  'confirm',
  'reject',
  'withdraw',
  'cancel',
  'accept',
  'decline',
  'continue',
  'pause',
  'resume',
  'restore',
  'rollback',
  'explain',
  'acknowledge',
  'review',
] as const satisfies readonly Action[]

export function isForward(action: Action): action is ForwardAction {
  return forwardActions.some((one) => one === action)
}
