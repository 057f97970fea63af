import type { JSX } from 'preact'
import type { Deployment, Health, Trouble } from '../server/protocol.ts'
import type { Perform } from './message.tsx'

/** Buttons that let things go wrong, as they do in life. */
export function TroublePanel({
  deployment,
  health,
  perform,
}: {
  deployment: Deployment
  health: Health
  perform: Perform
}): JSX.Element {
  const { namespace, name, replicas } = deployment
  const workload = { namespace, name }
  // An image that nobody asked Rollcall for.
  const outsideImage = `${deployment.image.replace(/[:@][^/]*$/, '')}:hotfix`
  const cause = (trouble: Trouble) => () => void perform({ do: 'trouble', trouble })
  const buttons: [label: string, hint: string, trouble: Trouble][] = [
    ['Crash a pod', 'The container of a pod of the newest revision exits.', { what: 'crashPod', ...workload }],
    ['Scale +2', `kubectl scale --replicas=${replicas + 2}`, { what: 'scale', replicas: replicas + 2, ...workload }],
    ['Undo', 'kubectl rollout undo', { what: 'undo', ...workload }],
    ['Set image', `kubectl set image … ${outsideImage}`, { what: 'setImage', image: outsideImage, ...workload }],
    health.firing.includes(`${namespace}/${name}`)
      ? ['Resolve the alert', 'Alertmanager says that it is over', { what: 'resolveAlert', ...workload }]
      : ['Fire an alert', 'Alertmanager sends HighErrorRate (critical)', { what: 'fireAlert', ...workload }],
    health.rollcall
      ? ['Kill the worker', 'kill -9 of the Rollcall process', { what: 'killWorker' }]
      : ['Start the worker', 'Rollcall starts again', { what: 'startWorker' }],
    health.slack
      ? ['Disconnect Slack', 'Neither side reaches the other', { what: 'disconnectSlack' }]
      : ['Connect Slack', 'Both sides reach each other again', { what: 'connectSlack' }],
    health.redis
      ? ['Stop Redis', 'The store does not answer any more', { what: 'stopRedis' }]
      : ['Start Redis', 'The store answers again', { what: 'startRedis' }],
  ]
  return (
    <section class="card trouble" aria-labelledby="trouble">
      <h3 id="trouble">Cause trouble</h3>
      <div class="trouble-buttons">
        {buttons.map(([label, hint, trouble]) => (
          <button
            key={label}
            type="button"
            class={mends.has(trouble.what) ? 'chip chip-mend' : 'chip'}
            title={hint}
            data-trouble={trouble.what}
            onClick={cause(trouble)}
          >
            {label}
          </button>
        ))}
      </div>
    </section>
  )
}

const mends: ReadonlySet<Trouble['what']> = new Set(['startWorker', 'startRedis', 'connectSlack', 'resolveAlert'])

/** What is down, in words; nothing when all is well. */
export function Outages({ health, online }: { health: Health; online: boolean }): JSX.Element | null {
  const down = [
    ...(online ? [] : ['The playground does not answer']),
    ...(health.rollcall ? [] : ['Rollcall is not running']),
    ...(health.slack ? [] : ['Slack is disconnected']),
    ...(health.redis ? [] : ['Redis is away']),
  ]
  return down.length === 0 ? null : (
    <p class="outages" role="status">
      {down.join(' · ')}
    </p>
  )
}
