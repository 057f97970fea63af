import type { JSX } from 'preact'
import type { Deployment, Fields, Pod, ReplicaSet } from '../server/protocol.ts'

/** One Deployment, live: its pods by revision, who gets how much of the traffic, and the fields that Rollcall sets. */
export function Cluster({ deployment }: { deployment: Deployment }): JSX.Element {
  const shown = deployment.replicaSets.filter(
    ({ revision, wanted }) => wanted > 0 || deployment.pods.some((pod) => pod.revision === revision),
  )
  return (
    <>
      <Traffic deployment={deployment} shown={shown} />
      <div class="revisions">
        {shown.map((set) => (
          <Revision key={set.revision} set={set} deployment={deployment} isAlone={shown.length === 1} />
        ))}
      </div>
      <FieldsTable deployment={deployment} />
    </>
  )
}

export function tagOf(image: string): string {
  const [tagged = '', digest = ''] = image.slice(image.lastIndexOf('/') + 1).split('@')
  return tagged.split(':')[1] ?? digest
}

/** A Service spreads over Ready pods, so the share of traffic is the share of pods. */
function Traffic({ deployment, shown }: { deployment: Deployment; shown: ReplicaSet[] }): JSX.Element {
  const ready = (revision: string) =>
    deployment.pods.filter((pod) => pod.revision === revision && pod.state === 'ready').length
  const total = shown.reduce((sum, { revision }) => sum + ready(revision), 0)
  const share = (revision: string) => (total === 0 ? 0 : Math.round((ready(revision) / total) * 100))
  return (
    <section class="card" aria-labelledby="traffic">
      <h3 id="traffic">Traffic</h3>
      <div class="traffic" aria-hidden="true">
        {[...shown].reverse().map(({ revision, newest }) => (
          <span
            key={revision}
            class={newest && shown.length > 1 ? 'traffic-new' : 'traffic-old'}
            style={{ flexGrow: share(revision) }}
          />
        ))}
      </div>
      <p class="traffic-words">
        {[...shown].reverse().map(({ revision, image }) => (
          <span key={revision}>
            <strong>{share(revision)} %</strong> {tagOf(image)}
          </span>
        ))}
        <span class="traffic-ready">
          {total} of {deployment.replicas} ready
        </span>
      </p>
    </section>
  )
}

const marks: Record<Pod['state'], string> = { ready: '✓', starting: '…', failing: '!', terminating: '–' }

function Revision({
  set,
  deployment,
  isAlone,
}: {
  set: ReplicaSet
  deployment: Deployment
  isAlone: boolean
}): JSX.Element {
  const pods = deployment.pods.filter(({ revision }) => revision === set.revision)
  const kind = set.newest && !isAlone ? 'new' : 'old'
  const id = `revision-${set.revision}`
  return (
    <section class={`card revision revision-${kind}`} aria-labelledby={id}>
      <h3 id={id}>
        <span class="revision-tag">{tagOf(set.image)}</span>
        <span class="revision-kind">{isAlone ? 'running' : kind}</span>
        <span class="revision-ready">
          {set.ready}/{set.wanted} ready
        </span>
      </h3>
      <ul class="pods">
        {pods.map((pod) => (
          <li
            key={pod.name}
            class={`pod pod-${pod.state}`}
            data-pod={pod.name}
            title={`${pod.name}: ${pod.reason}${pod.restarts > 0 ? `, ${pod.restarts} restarts` : ''}`}
          >
            <span aria-hidden="true">
              {pod.restarts > 0 && pod.state !== 'terminating' ? `↻${pod.restarts}` : marks[pod.state]}
            </span>
            <span class="visually-hidden">{`${pod.name}: ${pod.reason}`}</span>
          </li>
        ))}
        {pods.length === 0 && <li class="no-pods">no pods</li>}
      </ul>
      <TroubleWords pods={pods} />
    </section>
  )
}

/** What ails the pods, in the words of the cluster. */
function TroubleWords({ pods }: { pods: Pod[] }): JSX.Element | null {
  const reasons = new Set(pods.filter(({ state }) => state === 'failing').map(({ reason }) => reason))
  return reasons.size === 0 ? null : <p class="pod-trouble">{[...reasons].join(', ')}</p>
}

const names: [keyof Fields, string][] = [
  ['paused', 'paused'],
  ['maxSurge', 'maxSurge'],
  ['maxUnavailable', 'maxUnavailable'],
  ['minReadySeconds', 'minReadySeconds'],
  ['progressDeadlineSeconds', 'progressDeadlineSeconds'],
]

function FieldsTable({ deployment }: { deployment: Deployment }): JSX.Element {
  const { fields, original, mark, changeCause } = deployment
  return (
    <section class="card" aria-labelledby="fields">
      <h3 id="fields">
        Deployment <span class="quiet">{deployment.name}</span>
      </h3>
      <dl class="kube-fields">
        {names.map(([field, name]) => (
          <Field
            key={field}
            name={name}
            value={String(fields[field])}
            own={fields[field] === original[field] ? undefined : String(original[field])}
          />
        ))}
        {mark && <Field name="rollcall.dev/upgrade" value={mark} own="none" />}
        {changeCause && <Field name="change-cause" value={changeCause} own={undefined} />}
      </dl>
    </section>
  )
}

function Field({ name, value, own }: { name: string; value: string; own: string | undefined }): JSX.Element {
  return (
    <div class={own === undefined ? 'kube-field' : 'kube-field is-set'}>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
        {own !== undefined && <span class="kube-own"> (own: {own})</span>}
      </dd>
    </div>
  )
}
