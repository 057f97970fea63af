/** Brings a file to Slack. It is small, and Slack takes it in one request. */
const timeoutMs = 30_000

/**
 * @param url as Slack gave it; it is a secret of its own
 * @throws Error when Slack did not take all of it
 */
export async function sendFile(url: string, bytes: Uint8Array): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes as Uint8Array<ArrayBuffer>,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`Slack answered an upload with ${response.status}`)
}
