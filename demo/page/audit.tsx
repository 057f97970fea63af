import type { JSX } from 'preact'
import type { AuditLine, Chain } from '../server/protocol.ts'
import { personName, useReader } from './store.ts'

/** The audit trail of one upgrade, newest entry first, each with the hash that the next one is built on. */
export function Audit({ chain, refusals }: { chain: Chain | undefined; refusals: Chain | undefined }): JSX.Element {
  const intact = (chain?.intact ?? true) && (refusals?.intact ?? true)
  return (
    <section class="card audit" aria-labelledby="audit">
      <h3 id="audit">
        Audit trail
        {chain && (
          <span class={intact ? 'chain-mark is-intact' : 'chain-mark is-broken'} role="status">
            {intact ? '✓ chain intact' : '✗ tampered with'}
          </span>
        )}
      </h3>
      {chain ? (
        <>
          <p class="quiet audit-name">
            {chain.name} · {chain.entries.length} {chain.entries.length === 1 ? 'entry' : 'entries'}
            {refusals && ` · ${refusals.entries.length} refused in all`}
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable */}
          <ol class="audit-lines" reversed tabIndex={0} aria-label="Entries, newest first">
            {[...chain.entries].reverse().map((entry) => (
              <Line key={entry.sequence} entry={entry} />
            ))}
          </ol>
        </>
      ) : (
        <p class="quiet">
          Every request, decision and effect becomes an entry here. Ask for an upgrade to see the first.
        </p>
      )}
    </section>
  )
}

function Line({ entry }: { entry: AuditLine }): JSX.Element {
  const reader = useReader()
  const actor = entry.actor === 'Rollcall' ? 'Rollcall' : `@${personName(reader, entry.actor)}`
  return (
    <li>
      <span class="audit-sequence">{entry.sequence}</span>
      <span class="audit-what">
        <strong>{actor}</strong> {words(entry.action)}
        {entry.toPhase && entry.toPhase !== entry.fromPhase && <span class="quiet"> → {words(entry.toPhase)}</span>}
        {entry.code && <span class="quiet"> {entry.code}</span>}
      </span>
      <code class="audit-hash" title={`SHA-256 ${entry.hash}, after ${entry.previousHash}`}>
        {entry.hash.slice(0, 7)}
      </code>
    </li>
  )
}

/** `awaitingContinue` → `awaiting continue` */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
