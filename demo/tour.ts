/** The guided tour, as what is told, what is done and what must be true afterwards; a terminal or a page shows it. */
import { isDeepStrictEqual } from 'node:util'
import type { V1Deployment } from '@kubernetes/client-node'
import { isImage } from './cluster-view.ts'
import {
  type Action,
  answered,
  mends,
  presses,
  pressesAgain,
  requests,
  rests,
  resumes,
  scales,
  type Tour,
  tampers,
  threadSays,
  trail,
  verifies,
  watches,
  watchesMove,
} from './guide.ts'
import type { Service } from './shop.ts'
import type { Stage } from './world.ts'

export type Step = {
  title: string
  /** Told before anything happens. */
  told: string
  actions: Action[]
  /** What is true afterwards, and how one knows. `holds` throws when it is not. */
  check: { claim: string; holds(tour: Tour): Promise<void> }
}

/** The tour of this shop. */
export function tourOf({ services }: Pick<Stage, 'services'>): Step[] {
  const [web, checkout] = ['web', 'checkout'].map((name) => services.find((service) => service.name === name))
  if (!web || !checkout) throw new Error('the tour needs the services web and checkout')
  return tourSteps(web, checkout)
}

/** The steps, for a shop whose first service has a good and a bad version, and whose second has a good one. */
export function tourSteps(first: Service, second: Service): Step[] {
  const good = first.versions[0].tag
  const bad = first.versions.find(({ tag }) => tag.endsWith('-bad'))?.tag ?? ''
  const other = second.versions[0].tag
  const all = first.replicas
  const scaled = second.replicas * 2
  return [
    {
      title: 'A request, and its plan',
      told:
        `Dana wants ${first.name} ${good} in production. Rollcall looks before it asks: does the workload exist, is it ` +
        'healthy, may Rollcall change it, would the API server take every patch? Then it posts the plan, and nothing else happens.',
      actions: [
        requests('dana', first, good, 'fix checkout rounding'),
        watches('Rollcall checks, and posts the plan', 'awaitingApproval'),
      ],
      check: {
        claim: `The plan waits for approval, and all ${all} pods still run ${first.runs}.`,
        holds: (tour) => rests(tour, { new: 0, old: all }),
      },
    },
    {
      title: 'Nobody approves their own request',
      told: 'Dana is a release manager herself, so she presses Approve on her own request. Somebody else’s yes is wanted.',
      actions: [presses('dana', 'approve', 'question')],
      check: {
        claim: 'Dana is told why, in private; two approvals are still missing.',
        async holds(tour) {
          await answered(tour, 'dana', /You asked for this upgrade yourself/)
          await approvals(tour, 0)
        },
      },
    },
    {
      title: 'Two approvals',
      told: 'Production wants two people. Alice and Bob read the plan and approve; each confirms what exactly they say yes to.',
      actions: [presses('alice', 'approve', 'question'), presses('bob', 'approve', 'question')],
      check: {
        claim: 'Two different people have approved, and the upgrade has begun.',
        async holds(tour) {
          await approvals(tour, 2)
          await tour.current().pods.until((now) => now.new === 1, tour.patienceMs, 'a new pod')
        },
      },
    },
    {
      title: 'The first batch is one pod',
      told: 'Rollcall moves exactly one pod, lets it soak, checks it, and asks. A plain Deployment would have gone on by itself.',
      actions: [watches('one new pod comes up, soaks, and is checked', 'awaitingContinue', 1)],
      check: {
        claim: `Exactly 1 of ${all} pods is new, and the Deployment is held there.`,
        async holds(tour) {
          await rests(tour, { new: 1, old: all - 1 })
          await paused(tour)
        },
      },
    },
    {
      title: 'On to a quarter',
      told: 'Carol operates production. The question names her, and says what she decides on: 3 of 10 pods.',
      actions: [presses('carol', 'continue', 'question'), watches('two more pods', 'awaitingContinue', 3)],
      check: {
        claim: `Exactly 3 of ${all} pods are new; never were fewer than ${all} ready.`,
        async holds(tour) {
          await rests(tour, { new: 3, old: all - 3 })
          capacityKept(tour)
        },
      },
    },
    {
      title: 'A stale click',
      told:
        'Carol’s telephone comes out of a tunnel and still shows the question she has answered. She presses its button once more. ' +
        'A button is bound to one step of one plan.',
      actions: [pressesAgain('carol', 'continue')],
      check: {
        claim: 'She is told that it was decided already, and still 3 pods are new.',
        async holds(tour) {
          await answered(tour, 'carol', /decided already/)
          await rests(tour, { new: 3, old: all - 3 })
        },
      },
    },
    {
      title: 'Pause, and resume',
      told:
        'Carol goes on to half of the pods. Oscar is on call and does not like a graph, so he pauses: one tap, no dialog. Stopping ' +
        'is easy; going on is deliberate, so only Carol can resume.',
      actions: [
        presses('carol', 'continue', 'question'),
        watchesMove('the next pods begin to move', 3),
        presses('oscar', 'pause', 'live'),
        watches('it stops where it is', 'paused'),
        ...resumes('carol'),
        watches('it goes on from there', 'awaitingContinue', 5),
      ],
      check: {
        claim: `It stopped where it was, and now exactly 5 of ${all} pods are new.`,
        holds: (tour) => rests(tour, { new: 5, old: all - 5 }),
      },
    },
    {
      title: 'All of them',
      told: 'The last batch soaks and is checked like the others, before Rollcall gives the Deployment its own settings back.',
      actions: [presses('carol', 'continue', 'question'), watches('the other half moves', 'succeeded')],
      check: {
        claim: `All ${all} pods run ${good}; but for the image, the Deployment is what it was.`,
        async holds(tour) {
          await rests(tour, { new: all, old: 0 })
          capacityKept(tour)
          const { before, image, service } = tour.current()
          const { spec } = await tour.cluster.deployment(service.name)
          const running = spec?.template.spec?.containers[0]?.image
          const isAsked = isImage(running, image)
          if (!isAsked || !isDeepStrictEqual(structuredClone(spec), withImage(before, running)))
            throw new Error('the Deployment is not what it was')
        },
      },
    },
    {
      title: 'A bad release takes itself back',
      told: `Version ${bad} cannot even be pulled. Nobody knows, so it is approved. One pod finds out, and nobody has to do anything.`,
      actions: [
        requests('dana', first, bad, 'new look'),
        watches('Rollcall checks, and posts the plan', 'awaitingApproval'),
        presses('alice', 'approve', 'question'),
        presses('bob', 'approve', 'question'),
        watches('the new pod does not come up', 'rolledBack'),
      ],
      check: {
        claim: `All ${all} pods run ${good} again, and were ready all the time.`,
        async holds(tour) {
          await rests(tour, { new: 0, old: all })
          capacityKept(tour)
        },
      },
    },
    {
      title: 'Somebody else touches it',
      told:
        `${second.name} ${other} rests at its first pod. Then somebody scales the Deployment with kubectl, past Rollcall. ` +
        'Kubernetes shares the added pods out between old and new, and nobody has approved those.',
      actions: [
        requests('dana', second, other, 'new payment provider'),
        watches('Rollcall checks, and posts the plan', 'awaitingApproval'),
        presses('alice', 'approve', 'question'),
        presses('bob', 'approve', 'question'),
        watches('one new pod', 'awaitingContinue', 1),
        scales(scaled),
        watches('Rollcall notices', 'paused'),
      ],
      check: {
        claim: 'The upgrade is paused, and its thread says what happened.',
        holds: async (tour) => void (await threadSays(tour, new RegExp(`${second.replicas}.*${scaled}`))),
      },
    },
    {
      title: 'The way back needs nobody’s leave',
      told: 'Oscar has seen enough and rolls it back. No approval is needed to go back.',
      actions: [presses('oscar', 'rollback', 'live'), watches('the old version takes over again', 'rolledBack')],
      check: {
        claim: `All ${scaled} pods run ${second.runs}.`,
        holds: (tour) => rests(tour, { new: 0, old: scaled }),
      },
    },
    {
      title: 'Who did what',
      told: 'Every request, decision, refusal and effect is an entry in a chain of hashes. Anybody can verify it with one command.',
      actions: [verifies('intact')],
      check: {
        claim: 'The trail is intact, and has Dana’s refused approval in it too.',
        async holds(tour) {
          const refused = await trail(tour, 'refusals')
          if (!refused.some(({ code }) => code === 'OWN_REQUEST')) throw new Error('no refusal is in the trail')
        },
      },
    },
    {
      title: 'Tampering shows',
      told: 'Now somebody with access to Redis rewrites history: the yes was Dana’s own, it says, not Alice’s. Then it is put back.',
      actions: [tampers('alice', 'dana'), verifies('tampered'), mends(), verifies('intact')],
      check: {
        claim: 'Verification named the very entry, and is content again now that it is put back.',
        async holds(tour) {
          if (tour.tampered) throw new Error('the trail is not as it was')
        },
      },
    },
  ]
}

// ---------------------------------------------------------------- what must be true

async function approvals(tour: Tour, wanted: number): Promise<void> {
  const approved = (await trail(tour, tour.current().id)).filter(({ action }) => action === 'approved')
  if (approved.length !== wanted) throw new Error(`${approved.length} approvals are on record`)
}

async function paused(tour: Tour): Promise<void> {
  const { spec } = await tour.cluster.deployment(tour.current().service.name)
  if (spec?.paused !== true) throw new Error('the Deployment is not paused')
}

function capacityKept(tour: Tour): void {
  const { pods, before } = tour.current()
  const wanted = before.spec?.replicas ?? 0
  if (pods.leastReady() < wanted) throw new Error(`only ${pods.leastReady()} of ${wanted} pods were ready for a moment`)
}

function withImage({ spec }: V1Deployment, image: string | undefined): V1Deployment['spec'] {
  const changed = structuredClone(spec)
  const container = changed?.template.spec?.containers[0]
  if (container && image !== undefined) container.image = image
  return changed
}
