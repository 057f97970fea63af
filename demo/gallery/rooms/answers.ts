import { answer } from '../../../src/commands/index.ts'
import { en, type Messages } from '../../../src/messages/en.ts'
import { seal } from '../../../src/upgrade/audit-chain.ts'
import { phases } from '../../../src/upgrade/phase.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy, carol, dana, noon } from '../../../test/an-upgrade.ts'
import { InMemorySurface } from '../../../test/commands/in-memory-surface.ts'
import { exhibitsIn, observed, type Room, told } from '../exhibit.ts'

/** Their names are the same in every language. */
const helpNames = Object.keys(en.help)

/** What is typed behind `/upgrade`; the commands themselves answer. */
const typed = [
  'web 1.5.0 in production --reason "fix checkout rounding"',
  'plan web 1.5.0',
  'approve web-production-14',
  'continue web-production-15',
  'resume web-production-16',
  'pause web-production-15',
  'status',
  'status web',
  'status web-production-14',
  'list',
  'freeze production until mon 09:00 Europe/Berlin --reason "the summer sale"',
  'unfreeze web',
  'web 1.5.0 --at 02:00 Asia/Shanghai',
  'plan web 1.5.0 --at sat 02:00 Asia/Shanghai',
  'history',
  'history web --csv',
  'audit web-production-14',
  'whoami',
  'help',
  'help web',
  ...helpNames.map((name) => `help ${name}`),
  // what was typed wrong
  'wbe 1.5.0',
  'zzzzzz 1.5.0',
  'statsu',
  'api 1.5.0',
  'api 1.5.0 in prodction',
  'web',
  'web a/b',
  'web 1.5.0 --baches 1',
  'web 1.5.0 --batches 1 --batches 2',
  'web 1.5.0 --reason',
  'web 1.5.0 --batches none',
  'web 1.5.0 --strategy sideways',
  'web 1.5.0 in production now please',
  'web 1.5.0 --at soon',
  'web 1.5.0 --at 02:00',
  'web 1.5.0 --at today 01:00 UTC',
  'web 1.5.0 --at 02:00 Asia/Shangai',
  'web 1.5.0 --at 2027-03-01 02:30 Europe/Berlin',
  'freeze all until 2027-03-28 02:30 Europe/Berlin --reason x',
  'freeze all until 2026-10-25 02:30 Europe/Berlin --reason x',
  'freeze',
  'freeze all',
  'freeze wbe --reason x',
  'freeze twin --reason x',
  'unfreeze api',
  'approve',
  'approve web-production-99',
  `web ${'very-'.repeat(900)}long`,
]

/** What only the asker sees. */
export async function answersRoom(messages: Messages): Promise<Room> {
  const { replied } = exhibitsIn(messages)
  const exhibits = []
  for (const text of typed) {
    const context = { surface: aSurface(), messages, by: dana, requestId: 'r1', linkTo }
    exhibits.push(replied(`/upgrade ${text}`.slice(0, 90), await answer(text, context)))
  }
  const asked = messages.questionTitle(anUpgrade(), { kind: 'ask', question: 'start', next: 1, of: 10 })
  exhibits.push(
    told('to somebody who is not in the channel', messages.directCall(anUpgrade(), asked, await linkTo())),
    told(
      'a new configuration',
      messages.permissionsChanged([
        { service: '*', environment: '*', permission: 'people', added: ['U0BOB=U0BOBADMIN'], removed: [] },
        {
          service: 'web',
          environment: 'production',
          permission: 'approve',
          added: ['U0CAROL', 'S0ONCALL'],
          removed: ['U0BOB'],
        },
        { service: 'web', environment: 'production', permission: 'quorum', added: ['1'], removed: ['2'] },
      ]),
    ),
  )
  return { id: 'answers', title: 'Answers to commands', exhibits }
}

const linkTo = async () => 'https://shop.slack.com/archives/C0RELEASES/p1782907200000100'

/** web with upgrades under way and a history, api in two environments. */
function aSurface(): InMemorySurface {
  const surface = new InMemorySurface()
  surface.policies = [
    aPolicy({ overrides: ['strategy', 'batches'] }),
    aPolicy({ service: 'api', environment: 'staging' }),
    aPolicy({ service: 'api' }),
    aPolicy({ service: 'twin', environment: 'twin' }),
  ]
  surface.frozen = [
    { scope: 'service:web', by: 'U0ROOT', reason: 'the summer sale', since: noon, until: after(72_000_000) },
  ]
  surface.permissions = ['request', 'respond']
  surface.observation = observed(3)
  surface.put(
    anUpgrade(),
    { ...anUpgradeIn('awaitingContinue'), id: 'web-production-15' },
    { ...anUpgradeIn('paused'), id: 'web-production-16' },
    ...phases
      .map((phase, index) => ({ ...anUpgradeIn(phase), id: `web-production-${index + 20}` }))
      .filter(({ result }) => result),
  )
  let previousHash = '0'.repeat(64)
  for (const [index, action] of [
    'requested',
    'prepared',
    'approved',
    'approved',
    'reached',
    'soaked',
    'checked',
    'continued',
  ].entries()) {
    const entry = seal({
      at: after(index * 30_000),
      actor: index % 3 === 0 ? dana : index % 3 === 1 ? alice : carol,
      action,
      target: 'web/production: Deployment shop/web on eu',
      outcome: 'done',
      ...(index === 0 && { reason: 'fix checkout rounding' }),
      from: index === 0 ? {} : { phase: 'awaitingApproval', replicas: Math.max(0, index - 4) },
      to: { phase: index < 4 ? 'awaitingApproval' : 'progressing', replicas: Math.max(0, index - 3) },
      requestId: `r${index}`,
      chain: 'web-production-14',
      sequence: index + 1,
      previousHash,
    })
    previousHash = entry.hash
    surface.chain.push(entry)
  }
  surface.clock = noon
  return surface
}
