import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Act } from '../server/protocol.ts'
import { Audit } from './audit.tsx'
import { asks, Channel } from './channel.tsx'
import { Cluster } from './cluster.tsx'
import { Home } from './home.tsx'
import { OtherLanguage, type Speak } from './language-switch.tsx'
import { Modal } from './modal.tsx'
import { Pipeline } from './pipeline.tsx'
import { type Place, Sidebar } from './sidebar.tsx'
import { act, ReaderContext, type Shown, useServerState } from './store.ts'
import { useTheme } from './theme.ts'
import { Thread } from './thread.tsx'
import { Tour } from './tour.tsx'
import { Outages, TroublePanel } from './trouble.tsx'

export function Playground(): JSX.Element {
  const shown = useServerState()
  return shown ? <Loaded shown={shown} /> : <p class="loading">Starting …</p>
}

type Pane = 'chat' | 'cluster'

/** Wide enough for the thread beside the channel. */
const wide = window.matchMedia('(min-width: 900px)')
/** Long enough to be read twice. */
const noticeMs = 12_000
const chosenPerson = 'rollcall-person'

function Loaded({ shown }: { shown: Shown }): JSX.Element {
  const { workspace, messages, ephemerals, views, deployments, chains, health, pipeline, online } = shown
  const [me, setMe] = useState(sessionStorage.getItem(chosenPerson) ?? workspace.people[0]?.id ?? '')
  const [place, setPlace] = useState<Place>('channel')
  const [text, setText] = useState('')
  const [asText, setAsText] = useState(false)
  const [thread, setThread] = useThread(shown)
  const [pane, setPane] = useState<Pane>('chat')
  const [clusterOpen, setClusterOpen] = useState(true)
  /** The workload that somebody chose to see; until then it is that of the open thread, or of the newest upgrade. */
  const [picked, setPicked] = useState<{ key: string; thread: string | undefined }>()
  const [notice, setNotice] = useState<{ text: string; isProblem: boolean }>()
  const [theme, toggleTheme] = useTheme()
  /** While a language is being set. */
  const [isTold, setIsTold] = useState(false)
  const isTour = new URLSearchParams(location.search).has('tour')
  const locale = workspace.people.find(({ id }) => id === me)?.locale ?? 'en'
  const reader = useMemo(() => ({ workspace, me, locale }), [workspace, me, locale])

  const perform = async (what: Act) => {
    const { problem, done } = await act(what)
    const told = problem ?? done
    setNotice(told === undefined ? undefined : { text: told, isProblem: problem !== undefined })
  }
  useEffect(() => {
    if (!notice) return
    const timer = setTimeout(() => setNotice(undefined), noticeMs)
    return () => clearTimeout(timer)
  }, [notice])
  /** Slack tells the app whenever somebody goes to its Home tab. */
  const openHome = (user: string) => void perform({ do: 'openHome', user })
  const become = (id: string) => {
    sessionStorage.setItem(chosenPerson, id)
    setMe(id)
    if (place === 'home') openHome(id)
    else setPlace('channel')
  }
  /** Rollcall is started anew for it. */
  const speak: Speak = async (next, to) => {
    setIsTold(true)
    setNotice(undefined)
    await perform({ do: 'speak', locale: next, ...to })
    setIsTold(false)
    if (place === 'home') openHome(me)
  }
  const goTo = (next: Place) => {
    setPlace(next)
    setPane('chat')
    if (next === 'home') openHome(me)
  }
  const send = (line: string) => {
    const channel = hereId
    if (!line.startsWith('/')) return void perform({ do: 'say', user: me, channel, text: line })
    const [command, ...rest] = line.split(' ')
    if (command === '/upgrade') return void perform({ do: 'command', user: me, channel, text: rest.join(' ') })
    setNotice({ text: `${command} is not a valid command.`, isProblem: true })
  }

  const parent = place === 'home' ? undefined : messages.find(({ ts }) => ts === thread)
  const mine = ephemerals.filter(({ user }) => user === me)
  const direct = messages.filter((message) => message.direct === me)
  const hereId = (place === 'direct' && direct[0]?.channel) || workspace.channel.id
  const here = messages.filter(({ channel }) => channel === hereId)
  const home = views.find(({ user, type }) => user === me && type === 'home')
  const modals = views.filter(({ user, type }) => user === me && type === 'modal')
  const waiting = new Set(
    workspace.people.flatMap(({ id }) => (messages.some((message) => asks(message, workspace, id)) ? [id] : [])),
  )
  const about = (parent ?? messages.findLast(({ upgrade }) => upgrade !== undefined))?.upgrade
  const deployment =
    deployments.find((one) => picked?.thread === thread && picked?.key === keyOf(one)) ??
    deployments.find(({ name, environment }) => about?.replace(/-\d+$/, '') === `${name}-${environment}`) ??
    deployments.find(({ name, environment }) => environment === 'production' && name === workspace.services[0]?.name) ??
    deployments[0]
  const latest =
    deployment && chains.filter(({ name }) => name.startsWith(`${deployment.name}-${deployment.environment}-`)).at(-1)
  const isHere = (one: Place) => pane === 'chat' && (place === 'home') === (one === 'home')
  const refusals = chains.find(({ name }) => name === 'refusals')

  return (
    <ReaderContext.Provider value={reader}>
      <div
        class="app"
        data-thread={parent ? 'open' : 'closed'}
        data-cluster={clusterOpen ? 'open' : 'closed'}
        data-pane={pane}
        data-tour={isTour ? 'on' : 'off'}
      >
        <Sidebar
          waiting={waiting}
          hasDirect={direct.length > 0}
          place={place}
          onPlace={goTo}
          onPerson={become}
          theme={theme}
          onTheme={toggleTheme}
          onSpeak={isTold ? undefined : speak}
        />
        <div class="phone-bar">
          <label>
            <span class="visually-hidden">You are</span>
            <select class="field" value={me} onChange={({ currentTarget }) => become(currentTarget.value)}>
              {workspace.people.map(({ id, name, role }) => (
                <option key={id} value={id}>
                  {`${name}, ${role}`}
                </option>
              ))}
            </select>
          </label>
          <div class="segments">
            <button type="button" aria-pressed={isHere('channel')} onClick={() => goTo('channel')}>
              Slack
            </button>
            <button type="button" aria-pressed={isHere('home')} onClick={() => goTo('home')}>
              Home
            </button>
            <button type="button" aria-pressed={pane === 'cluster'} onClick={() => setPane('cluster')}>
              Cluster
            </button>
          </div>
          <OtherLanguage class="button-icon" onSpeak={isTold ? undefined : speak} />
          <button type="button" class="button-icon" aria-label="Change the theme" onClick={toggleTheme}>
            ◐
          </button>
        </div>
        {place === 'home' ? (
          <Home key={me} view={home} perform={perform} />
        ) : (
          <Channel
            key={place}
            title={place === 'direct' ? 'Rollcall' : `#${workspace.channel.name}`}
            messages={here}
            ephemerals={mine.filter(({ channel }) => channel === hereId)}
            asText={asText}
            onAsText={setAsText}
            text={text}
            onText={setText}
            onSend={send}
            onThread={setThread}
            perform={perform}
          />
        )}
        {parent && (
          <Thread
            key={parent.ts}
            parent={parent}
            replies={[...messages, ...mine]
              .filter(({ threadTs }) => threadTs === parent.ts)
              .sort((a, b) => a.ts.localeCompare(b.ts))}
            asText={asText}
            perform={perform}
            onClose={() => setThread(undefined)}
          />
        )}
        <aside class="cluster" aria-label="The cluster">
          <header class="pane-head">
            <h2>Cluster</h2>
            {clusterOpen && deployment && (
              <select
                class="field"
                aria-label="Workload"
                value={keyOf(deployment)}
                onChange={({ currentTarget }) => setPicked({ key: currentTarget.value, thread })}
              >
                {deployments.map((one) => (
                  <option key={keyOf(one)} value={keyOf(one)}>
                    {`${one.name} · ${one.environment}`}
                  </option>
                ))}
              </select>
            )}
            <button
              type="button"
              class="button-icon cluster-toggle"
              aria-expanded={clusterOpen}
              aria-label={clusterOpen ? 'Hide the cluster' : 'Show the cluster'}
              onClick={() => setClusterOpen(!clusterOpen)}
            >
              {clusterOpen ? '⇥' : '⇤'}
            </button>
          </header>
          {clusterOpen && deployment && (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable
            <section class="scroll cluster-scroll" aria-label="State of the workload" tabIndex={0}>
              <Outages health={health} online={online} />
              <Cluster deployment={deployment} />
              <TroublePanel deployment={deployment} health={health} perform={perform} />
              <Pipeline deployment={deployment} run={pipeline} perform={perform} />
              <Audit chain={latest} refusals={refusals} />
            </section>
          )}
        </aside>
        {modals.map((view, index) => (
          <Modal key={view.id} view={view} isCovered={index < modals.length - 1} perform={perform} />
        ))}
        <div class="notices" role="status" aria-live="polite">
          {notice && (
            <p class={notice.isProblem ? 'notice is-problem' : 'notice'}>
              <span>{notice.text}</span>
              <button type="button" class="button-icon" aria-label="Dismiss" onClick={() => setNotice(undefined)}>
                ✕
              </button>
            </p>
          )}
        </div>
        {isTour && <Tour onActor={become} />}
      </div>
    </ReaderContext.Provider>
  )
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`
}

/** The thread that is open: that of a new upgrade by itself where there is room, or what somebody chose. */
function useThread({ messages }: Shown): [string | undefined, (ts: string | undefined) => void] {
  const [thread, setThread] = useState<string>()
  const newest = messages.findLast(({ ts }) => messages.some(({ threadTs }) => threadTs === ts))?.ts
  const offered = useRef<string>(undefined)
  useEffect(() => {
    if (newest === undefined || newest === offered.current || !wide.matches) return
    offered.current = newest
    setThread(newest)
  }, [newest])
  return [thread, setThread]
}
