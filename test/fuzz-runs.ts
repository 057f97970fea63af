/**
 * How many cases a property is tried with: `usual` in the fast tests, `ROLLCALL_FUZZ_RUNS` with `npm run fuzz`.
 */
export function fuzzRuns(usual: number): number {
  return Number(process.env.ROLLCALL_FUZZ_RUNS ?? usual)
}
