/** More than any manifest has: an image of 2,000 layers comes to some 15,000 values, five deep. */
const manifestSized = { depth: 32, values: 200_000 }

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * JSON, or nothing. A few megabytes of brackets become hundreds of megabytes of objects, so what is larger than it needs
 * to be is not parsed at all.
 */
export function jsonOf(body: Buffer, most: Readonly<typeof manifestSized> = manifestSized): unknown {
  if (!isModest(body, most)) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function isModest(body: Buffer, most: Readonly<typeof manifestSized>): boolean {
  let [depth, values, inString] = [0, 0, false]
  for (let index = 0; index < body.length; index++) {
    const byte = body[index]
    if (inString) {
      if (byte === backslash) index++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === comma) values++
    else if (byte === closeList || byte === closeObject) depth--
    else if (byte === openList || byte === openObject) {
      depth++
      values++
    }
    if (depth > most.depth || values > most.values) return false
  }
  return true
}
