/**
 * The candidate that somebody most likely meant by a misspelt word; `undefined` when none is near.
 *
 * Near means at most a third of the longer word's letters away, and at least one letter is allowed. Case does not
 * matter. Equally near candidates: the first one.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; away: number } | undefined
  for (const candidate of candidates) {
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))
    const away = distance(word.toLowerCase(), candidate.toLowerCase())
    if (away <= allowed && away < (best?.away ?? Number.POSITIVE_INFINITY)) best = { candidate, away }
  }
  return best?.candidate
}

/** Damerau-Levenshtein in its restricted form: insertions, deletions, substitutions and swaps of neighbours. */
function distance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforePrevious, j - 2) + 1 : substituted
      row.push(Math.min(at(previous, j) + 1, at(row, j - 1) + 1, substituted, swapped))
    }
    beforePrevious = previous
    previous = row
  }
  return at(previous, b.length)
}

function at(row: number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
