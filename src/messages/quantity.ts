/** With as many significant digits as people compare by, and all of them before the point: `12 %`, `120 ms`, `1.5 GiB`. */
export function quantity(value: string | number | undefined, unit?: string | number, digits = 3): string {
  if (typeof value !== 'number') return value ?? '?'
  switch (unit) {
    case 'ratio':
      return `${rounded(value * 100, digits)} %`
    case 'seconds':
      return Math.abs(value) < 1 ? `${rounded(value * 1_000, digits)} ms` : `${rounded(value, digits)} s`
    case 'bytes': {
      const power = Math.min(binary.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)))
      return `${rounded(value / 1_024 ** power, digits)} ${binary[power]}`
    }
    default:
      return rounded(value, digits)
  }
}

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

function rounded(value: number, digits: number): string {
  return `${Math.abs(value) < 10 ** digits ? Number(value.toPrecision(digits)) : Math.round(value)}`
}
