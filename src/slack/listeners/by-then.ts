/**
 * What is there by then, or nothing; the work goes on either way, and whoever started it hears how it ends.
 *
 * @param at as `performance.now()` counts
 */
export async function byThen<T>(work: Promise<T>, at: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, at - performance.now()))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
