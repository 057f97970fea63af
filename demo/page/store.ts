import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type {
  Act,
  ActResult,
  Chain,
  Delta,
  Deployment,
  Ephemeral,
  Health,
  Locale,
  Message,
  PipelineRun,
  View,
  Workspace,
} from '../server/protocol.ts'

/** What the server last said, sorted by what it is. */
export type Shown = {
  workspace: Workspace
  health: Health
  messages: Message[]
  ephemerals: Ephemeral[]
  views: View[]
  deployments: Deployment[]
  chains: Chain[]
  pipeline: PipelineRun | undefined
  /** False while the server is not reached. */
  online: boolean
}

/** Follows the server's state; undefined until it has been told once. */
export function useServerState(): Shown | undefined {
  const [shown, setShown] = useState<Shown>()
  useEffect(() => {
    const values = new Map<string, unknown>()
    const events = new EventSource('/state')
    events.onopen = () => values.clear()
    events.onmessage = ({ data }: MessageEvent<string>) => {
      const { set, drop } = JSON.parse(data) as Delta
      for (const key of drop) values.delete(key)
      for (const [key, value] of Object.entries(set)) values.set(key, value)
      setShown(sorted(values))
    }
    events.onerror = () => setShown((last) => last && { ...last, online: false })
    return () => events.close()
  }, [])
  return shown
}

function sorted(values: Map<string, unknown>): Shown {
  const all = <T>(prefix: string) =>
    [...values].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value as T)
  return {
    workspace: values.get('workspace') as Workspace,
    health: values.get('health') as Health,
    messages: all<Message>('message/').sort((a, b) => a.ts.localeCompare(b.ts)),
    ephemerals: all<Ephemeral>('ephemeral/').sort((a, b) => a.ts.localeCompare(b.ts)),
    views: all<View>('view/'),
    deployments: all<Deployment>('deployment/'),
    chains: all<Chain>('audit/'),
    pipeline: values.get('pipeline') as PipelineRun | undefined,
    online: true,
  }
}

export async function act(what: Act): Promise<ActResult> {
  try {
    const response = await fetch('/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(what),
    })
    return (await response.json()) as ActResult
  } catch {
    return { problem: 'The playground does not answer. Is it still running?' }
  }
}

/** Whom blocks and text talk about, and who looks at them. */
export type Reader = {
  workspace: Workspace
  me: string
  /** Their language in Slack. */
  locale: Locale
}

export const ReaderContext = createContext<Reader | undefined>(undefined)

export function useReader(): Reader {
  const reader = useContext(ReaderContext)
  if (!reader) throw new Error('nobody reads this')
  return reader
}

export function personName({ workspace }: Reader, id: string): string {
  if (id === workspace.bot) return 'Rollcall'
  return workspace.people.find((person) => person.id === id)?.name ?? id
}

/** Whether a message's text calls this person, by name or by group. */
export function calls({ workspace, me }: Pick<Reader, 'workspace' | 'me'>, text: string): boolean {
  const groups = workspace.groups.filter(({ members }) => members.includes(me))
  return text.includes(`<@${me}>`) || groups.some(({ id }) => text.includes(`<!subteam^${id}>`))
}
