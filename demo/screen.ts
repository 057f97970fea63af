import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** A terminal that scrolls, with one line at its end that is drawn over and over. */
export type Screen = {
  isTerminal: boolean
  /** Columns to fill, 40 to 100. */
  width: number
  /** Colours it where the terminal shows colours and NO_COLOR does not say otherwise. */
  paint(format: Format, text: string): string
  print(...lines: string[]): void
  /** Shows this as the last line; undefined takes it away. Only a terminal shows it. */
  status(line: string | undefined): void
}

export function openScreen(out: NodeJS.WriteStream): Screen {
  let shown: string | undefined
  const erase = () => {
    if (shown !== undefined) out.write('\r\x1b[2K')
  }
  const draw = () => {
    if (shown !== undefined) out.write(shown)
  }
  return {
    isTerminal: out.isTTY === true,
    get width() {
      return Math.max(40, Math.min(out.columns ?? 100, 100))
    },
    paint: (format, text) => styleText(format, text, { stream: out }),
    print(...lines) {
      erase()
      out.write(lines.map((line) => `${line}\n`).join(''))
      draw()
    },
    status(line) {
      if (!out.isTTY || line === shown) return
      erase()
      shown = line
      draw()
    },
  }
}
