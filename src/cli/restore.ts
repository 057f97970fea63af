import { parseArgs } from 'node:util'
import { openClusters } from '../kubernetes/clusters.ts'
import { loadKubeConfig } from '../kubernetes/kubeconfig.ts'
import { whoAmI } from '../kubernetes/who-am-i.ts'
import { type Restored, restoreDeployment } from '../targets/deployment/restore.ts'
import { disturbance } from './disturbance.ts'
import { exit, type Io } from './io.ts'

const usage = `Usage: rollcall restore deployment/NAME [--namespace NAMESPACE] [--context CONTEXT] [--kubeconfig FILE]

Brings a Deployment that Rollcall holds or has changed half-way back to what it was: old template, old settings, no
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
    const ref = { namespace: asked.namespace ?? defaultNamespace, name: asked.name }
    const say = (line: string) => io.out(`${ref.namespace}/${ref.name}: ${line}`)
    const restored = await restoreDeployment(api, ref, say, { by: await whoAmI(api) })
    const { text, code } = told(restored)
    code === exit.ok ? io.out(text) : io.err(text)
    return code
  } finally {
    clusters.close()
  }
}

type Asked = { name: string; namespace?: string; context?: string; kubeconfig?: string }

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
    const name = /^(?:deployments?(?:\.apps)?|deploy)\/([a-z0-9.-]+)$/.exec(workload)?.[1]
    return name && more.length === 0 ? { name, ...values } : undefined
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
