/** What a command of the command line has to do with the world; tests give it another. */
export type Io = {
  out(text: string): void
  err(text: string): void
  env: NodeJS.ProcessEnv
}

/** Exit codes, the same for every command. */
export const exit = { ok: 0, failed: 1, usage: 2 } as const
