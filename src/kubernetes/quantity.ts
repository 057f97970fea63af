/** An amount in thousandths of its unit (millicores, thousandths of a byte), exactly. */
export type Amount = bigint

const factors: Record<string, bigint> = {
  k: 10n ** 3n,
  M: 10n ** 6n,
  G: 10n ** 9n,
  T: 10n ** 12n,
  P: 10n ** 15n,
  E: 10n ** 18n,
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
}

/** Powers of ten that divide. */
const fractions: Record<string, number> = { n: 9, u: 6, m: 3 }

/**
 * Reads a quantity as Kubernetes writes it: `500m`, `1Gi`, `1.5`, `2e3`. What is finer than a thousandth is rounded up.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 *
 * @returns undefined for what is none
 */
export function parseQuantity(text: string): Amount | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text)
  const [, sign = '', whole = '', fraction = '', exponent = '0', suffix = ''] = match ?? []
  if (!match || whole + fraction === '') return undefined
  const shift = Number(exponent) - fraction.length - (fractions[suffix] ?? 0) + 3
  const value = BigInt(whole + fraction) * (factors[suffix] ?? 1n)
  const size = shift >= 0 ? value * 10n ** BigInt(shift) : roundedUp(value, 10n ** BigInt(-shift))
  return sign === '-' ? -size : size
}

function roundedUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor
}

/** As people write it: `500m`, `1Gi`. An odd number of bytes is rounded down to whole mebibytes. */
export function formatQuantity(amount: Amount): string {
  if (amount < 0n) return `-${formatQuantity(-amount)}`
  if (amount % 1000n !== 0n && amount < 1_000_000_000n) return `${amount}m`
  const units = amount / 1000n
  const exact = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki', 'E', 'P', 'T', 'G', 'M'].find((suffix) => {
    const factor = factors[suffix] ?? 1n
    return units >= factor && units % factor === 0n
  })
  if (exact) return `${units / (factors[exact] ?? 1n)}${exact}`
  const mebibyte = 2n ** 20n
  return units < 10n * mebibyte ? String(units) : `${units / mebibyte}Mi`
}
