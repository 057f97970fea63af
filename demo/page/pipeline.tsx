import type { JSX } from 'preact'
import type { Deployment, PipelineRun } from '../server/protocol.ts'
import { tagOf } from './cluster.tsx'
import type { Perform } from './message.tsx'
import { useReader } from './store.ts'

/** A job of a pipeline that asks for an upgrade, and waits for what becomes of it. */
export function Pipeline({
  deployment,
  run,
  perform,
}: {
  deployment: Deployment
  /** The last one. */
  run: PipelineRun | undefined
  perform: Perform
}): JSX.Element | null {
  const { workspace } = useReader()
  const { name, environment, image } = deployment
  const versions = workspace.services.find((service) => service.name === name)?.versions ?? []
  const isWaiting = run !== undefined && run.exitCode === undefined
  const ask = (version: string) => () => void perform({ do: 'pipeline', service: name, environment, version })
  return (
    <section class="card pipeline" aria-labelledby="pipeline">
      <h3 id="pipeline">Pipeline</h3>
      <div class="trouble-buttons">
        {versions
          .filter(({ tag }) => tag !== tagOf(image))
          .map(({ tag, story }) => (
            <button
              key={tag}
              type="button"
              class="chip"
              title={`rollcall request ${name} ${tag} --environment ${environment} --wait: ${story}`}
              disabled={isWaiting}
              onClick={ask(tag)}
            >
              {`Ask for ${tag}`}
            </button>
          ))}
      </div>
      {run && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable */}
          <pre class="preformatted" role="log" aria-label="Output of the pipeline" tabIndex={0}>
            {`$ ${run.command}\n${run.output}`}
          </pre>
          <p class="quiet">{isWaiting ? 'waits for the result' : `ended with exit code ${run.exitCode}`}</p>
        </>
      )}
    </section>
  )
}
