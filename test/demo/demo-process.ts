import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `npm run demo`, as the leader of a process group: whatever it leaves behind is found in there. */
export class Demo {
  readonly process: ChildProcess
  output = ''

  constructor(...args: string[]) {
    this.process = spawn(process.execPath, ['demo/main.ts', ...args], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
  }

  says(words: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => this.output.includes(words) && resolve()
      this.process.stdout?.on('data', look)
      this.process.once('close', () => reject(new Error(`the demo ended without «${words}»:\n${this.output}`)))
      look()
    })
  }

  async exitCode(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, 'close')
    return this.process.exitCode
  }

  /** What it said, without the boxes around it and the breaks between lines. */
  get words(): string {
    return this.output.replace(/[│┊\s]+/g, ' ')
  }

  /** Whether any process of the group is there. */
  isRunning(): boolean {
    return this.signal(0)
  }

  /** Signals the whole group. */
  signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-(this.process.pid ?? Number.NaN), signal)
    } catch {
      return false
    }
  }
}
