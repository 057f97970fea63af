import { RollcallError } from '../upgrade/error.ts'
import type { Api } from './api.ts'

/** Who the API server takes the caller for; undefined where it does not say. */
export async function whoAmI(api: Api): Promise<string | undefined> {
  type Review = { status?: { userInfo?: { username?: string } } }
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  try {
    const { status } = await api.post<Review>('/apis/authentication.k8s.io/v1/selfsubjectreviews', body)
    return status?.userInfo?.username
  } catch (error) {
    // Older than 1.28, or not allowed. That nobody answers shows with the next request.
    if (error instanceof RollcallError && error.code !== 'CLUSTER_FORBIDDEN') throw error
    return undefined
  }
}
