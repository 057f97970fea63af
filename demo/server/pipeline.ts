import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { World } from '../world.ts'
import type { ActResult, PipelineRun } from './protocol.ts'

const source = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export type PipelineJob = { service: string; environment: string; version: string }

/** Runs `rollcall request --wait` as a job of the shop's pipeline does: another process, with its token, over HTTP. */
export function createPipeline(world: World, onChange: () => void) {
  let last: PipelineRun | undefined
  let job: ChildProcess | undefined

  function run({ service, environment, version }: PipelineJob): ActResult {
    if (job) return { problem: 'The pipeline waits for its last request already.' }
    if (!world.rollcall) return { problem: 'Rollcall is not running, so nobody answers the pipeline.' }
    const words = [
      'request',
      service,
      version,
      '--environment',
      environment,
      '--reason',
      `release ${version}`,
      '--wait',
    ]
    const started: PipelineRun = { command: ['rollcall', ...words].map(quoted).join(' '), output: '' }
    last = started
    const child = spawn(process.execPath, [source, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ROLLCALL_URL: world.rollcall.url, ROLLCALL_API_TOKEN: world.tokens.pipeline },
    })
    job = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        started.output += text
        onChange()
      })
    }
    child.once('close', (code) => {
      started.exitCode = code ?? 1
      job = undefined
      onChange()
    })
    onChange()
    return {}
  }

  return {
    run,
    entries: (): [key: string, value: PipelineRun][] => (last ? [['pipeline', last]] : []),
    stop: () => void job?.kill('SIGKILL'),
  }
}

function quoted(word: string): string {
  return word.includes(' ') ? `"${word}"` : word
}
