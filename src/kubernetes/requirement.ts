/** What a label or a field has to be, in a label selector or in a node affinity. */
export type Requirement = { key: string; operator: string; values?: string[] }

/**
 * Whether a value meets it; of an operator that is not known nobody can say so, and it does not.
 *
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#operators
 *
 * @param value absent: there is no such label
 */
export function meets({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return Number(value) > Number(values[0])
    case 'Lt':
      return Number(value) < Number(values[0])
    default:
      return false
  }
}
