import { parseArgs } from 'node:util'
import { openClusters } from '../kubernetes/clusters.ts'
import { loadKubeConfig } from '../kubernetes/kubeconfig.ts'
import { whoAmI } from '../kubernetes/who-am-i.ts'
import { kindNamed, kinds } from '../targets/index.ts'
import type { Kind } from '../targets/workload/kind.ts'
import type { Restored } from '../targets/workload/restore.ts'
import { disturbance } from './disturbance.ts'
import { exit, type Io } from './io.ts'

const named = kinds.map(({ names: [name] }) => `${name}/NAME`)

const usage = `Usage: rollcall restore ${named.join(' | ')} [--namespace NAMESPACE] [--context CONTEXT] [--kubeconfig FILE]

Brings a workload that Rollcall holds or has changed half-way back to what it was: old template, old settings, no
marks. It needs a kubeconfig and nothing else. Rollcall and Redis may be gone; one that runs, or comes back later, never
moves the workload forward again by itself.`

/** `rollcall restore deployment/web --namespace shop` */
export async function restore(argv: string[], io: Io): Promise<number> {
  const asked = parse(argv)
  if (asked === 'help') {
    io.out(usage)
    return exit.ok
  }
  if (!asked) {
    io.err(usage)
    return exit.usage
  }
  const clusters = openClusters(
    () => loadKubeConfig(asked.kubeconfig ? { ...io.env, KUBECONFIG: asked.kubeconfig } : io.env),
    () => ({ here: { context: asked.context } }),
  )
  try {
    const { api, defaultNamespace } = clusters.get('here')
    const { kind } = asked
    const ref = { kind: kind.kind, namespace: asked.namespace ?? defaultNamespace, name: asked.name }
    const say = (line: string) => io.out(`${ref.namespace}/${ref.name}: ${line}`)
    const restored = await kind.restore(api, ref, say, { by: await whoAmI(api) })
    const { text, code } = told(restored)
    code === exit.ok ? io.out(text) : io.err(text)
    return code
  } finally {
    clusters.close()
  }
}

type Asked = { kind: Kind; name: string; namespace?: string; context?: string; kubeconfig?: string }

function parse(argv: string[]): Asked | 'help' | undefined {
  const text = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        namespace: { ...text, short: 'n' },
        context: text,
        kubeconfig: text,
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    const [workload = '', ...more] = positionals
    const [, named = '', name] = /^([a-z.]+)\/([a-z0-9.-]+)$/.exec(workload) ?? []
    const kind = kindNamed(named)
    return kind && name && more.length === 0 ? { kind, name, ...values } : undefined
  } catch {
    return undefined
  }
}

function told(restored: Restored): { text: string; code: number } {
  switch (restored.outcome) {
    case 'restored':
      return { text: `Restored: everything is as it was before ${restored.upgrade}.`, code: exit.ok }
    case 'untouched':
      return { text: 'Nothing to restore: there is nothing of Rollcall on it.', code: exit.ok }
    case 'disturbed':
      return { text: disturbance(restored.change), code: exit.failed }
  }
}
