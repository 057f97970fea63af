/** Redis's wire format (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/), as far as proxies read it. */

const lineEnd = Buffer.from('\r\n')

/**
 * The first command of a buffer, as an array of strings.
 *
 * @returns undefined while it is not complete
 */
export function readCommand(buffer: Buffer): { command: string[]; end: number } | undefined {
  const head = readLine(buffer, 0)
  if (!head) return undefined
  if (!head.line.startsWith('*')) throw new Error(`no command of a client library: ${head.line.slice(0, 40)}`)
  const command: string[] = []
  let at = head.end
  for (let left = Number(head.line.slice(1)); left > 0; left--) {
    const size = readLine(buffer, at)
    if (!size) return undefined
    const end = size.end + Number(size.line.slice(1))
    if (buffer.length < end + 2) return undefined
    command.push(buffer.toString('utf8', size.end, end))
    at = end + 2
  }
  return { command, end: at }
}

/** Where the reply that starts at `at` ends; −1 while it is not complete. */
export function endOfReply(buffer: Buffer, at: number): number {
  const head = readLine(buffer, at)
  if (!head) return -1
  const size = Number(head.line.slice(1))
  switch (head.line[0]) {
    case '+':
    case '-':
    case ':':
      return head.end
    case '$': {
      const end = size < 0 ? head.end : head.end + size + 2
      return buffer.length < end ? -1 : end
    }
    case '*': {
      let end = head.end
      for (let left = size; left > 0 && end >= 0; left--) end = endOfReply(buffer, end)
      return end
    }
    default:
      throw new Error(`no reply of RESP2: ${head.line.slice(0, 40)}`)
  }
}

function readLine(buffer: Buffer, at: number): { line: string; end: number } | undefined {
  const end = buffer.indexOf(lineEnd, at)
  return end < 0 ? undefined : { line: buffer.toString('latin1', at, end), end: end + 2 }
}
