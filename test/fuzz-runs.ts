/** With how many cases a property is tried: `usual` in `npm test`, 100,000 in `npm run fuzz`, or `ROLLCALL_FUZZ_RUNS`. */
export function fuzzRuns(usual: number): number {
  return Number(process.env.ROLLCALL_FUZZ_RUNS ?? usual)
}
