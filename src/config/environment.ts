import { z } from 'zod'
import { type AuditKey, auditKey } from '../upgrade/audit-chain.ts'
import { RollcallError } from '../upgrade/error.ts'
import { RegistryFormat, registryFormats } from '../upgrade/registry-formats.ts'

/*
 * An error message here says what is needed and where it comes from. It never says what was found: most of these
 * values are secrets, or hold one.
 */
function text(pattern: RegExp, needed: string) {
  return z.string(needed).regex(pattern, needed)
}

const slackApp = 'api.slack.com/apps, your app'

const botToken = {
  SLACK_BOT_TOKEN: text(/^xoxb-[\w-]+$/, `needs a bot token that starts with xoxb- (${slackApp}, OAuth & Permissions)`),
}

/** How Slack's requests get here. */
const overHttp = {
  SLACK_SIGNING_SECRET: text(
    /^[\w-]{16,}$/,
    `needs the signing secret of your Slack app, 32 characters (${slackApp}, Basic Information); or SLACK_APP_TOKEN for Socket Mode`,
  ),
}
const overSocketMode = {
  SLACK_APP_TOKEN: text(
    /^xapp-[\w-]+$/,
    `needs an app-level token that starts with xapp-, with the scope connections:write (${slackApp}, Basic Information)`,
  ),
}

const allowedTokens =
  'needs name=token, each token of at least 32 characters (openssl rand -hex 32); several separated by commas, and more than one of a name while you change it'

/** `name=token,name=token`: who may call, and with what. */
const NamedTokens = text(
  /^[a-z0-9][a-z0-9-]{0,62}=[\w.~+/=-]{32,}(,[a-z0-9][a-z0-9-]{0,62}=[\w.~+/=-]{32,})*$/,
  allowedTokens,
)
  .transform((list) =>
    list.split(',').map((one) => {
      const [name = '', ...token] = one.split('=')
      return { name, token: token.join('=') }
    }),
  )
  .refine(
    (all) => all.every(({ name, token }) => all.every((other) => other.token !== token || other.name === name)),
    'needs a token of its own for each name',
  )

/** The same, with the format of what is sent for a name. */
const RegistrySecrets = NamedTokens.refine(
  (all) => all.every(({ name }) => RegistryFormat.safeParse(name).success),
  `needs one of ${registryFormats.join(', ')} for each name`,
)

const rest = {
  SLACK_API_URL: z.exactOptional(
    text(/^https?:\/\/[^\s/]+\S*$/, 'needs a URL such as https://slack-gov.com/api/; leave it out for slack.com'),
  ),
  REDIS_URL: text(
    /^(rediss?:\/\/\S+|redis\+sentinel:\/\/\S+\/[^\s/]+)$/,
    'needs a URL such as redis://127.0.0.1:6379, rediss:// for TLS, or redis+sentinel://host,host/name; without it: redis://127.0.0.1:6379',
  ).default('redis://127.0.0.1:6379'),
  KUBECONFIG: z.exactOptional(z.string()),
  REGISTRY_AUTH_FILE: z.exactOptional(z.string()),
  ROLLCALL_CONFIG: z.string().default('./rollcall.yaml'),
  ROLLCALL_AUDIT_KEY: z.exactOptional(
    text(
      /^[^\s,]{32,}(,[^\s,]{32,})*$/,
      'needs a secret of at least 32 characters (openssl rand -hex 32); after a change the old ones too, the newest first, separated by commas',
    ),
  ),
  ROLLCALL_API_TOKEN: z.exactOptional(NamedTokens),
  ROLLCALL_WEBHOOK_TOKEN: z.exactOptional(NamedTokens),
  ROLLCALL_REGISTRY_SECRET: z.exactOptional(RegistrySecrets),
  PORT: text(/^\d{1,5}$/, 'needs a port from 0 (any free one) to 65535; without it: 3000')
    .transform(Number)
    .refine((port) => port <= 65_535, 'needs a port from 0 (any free one) to 65535; without it: 3000')
    .prefault('3000'),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'needs one of trace, debug, info, warn, error, fatal, silent; without it: info',
    )
    .default('info'),
}
const HttpEnvironment = z.object({ ...botToken, ...overHttp, ...rest })
const SocketModeEnvironment = z.object({ ...botToken, ...overSocketMode, ...rest })
export type Environment = z.infer<typeof HttpEnvironment> | z.infer<typeof SocketModeEnvironment>

/**
 * Reads the environment variables. An empty one counts as absent, as Compose and Kubernetes leave them. With an
 * app-level token Slack is reached by Socket Mode, and the signing secret is not looked at.
 *
 * @throws RollcallError ENVIRONMENT_INVALID, whose message lists every problem and holds no value
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  return overSocket(variables) ? read(SocketModeEnvironment, variables) : read(HttpEnvironment, variables)
}

function overSocket({ SLACK_APP_TOKEN }: NodeJS.ProcessEnv): boolean {
  return Boolean(SLACK_APP_TOKEN?.trim())
}

/** What is wrong with a variable. It never holds the value: most of them are secrets. */
export type VariableProblem = { variable: string; isSet: boolean; needed: string }

/** Variables that have their form, whatever the others are like. */
export type GivenVariables = Partial<z.infer<typeof HttpEnvironment> & z.infer<typeof SocketModeEnvironment>>

/** Each variable by itself: those that have their form, and what is wrong with the others. */
export function examineEnvironment(variables: NodeJS.ProcessEnv): {
  given: GivenVariables
  problems: VariableProblem[]
} {
  const schema = overSocket(variables) ? SocketModeEnvironment : HttpEnvironment
  const parsed = Object.entries(schema.shape).map(([name, one]) => parse(z.object({ [name]: one }), variables))
  return {
    given: Object.assign({}, ...parsed.map((one) => ('data' in one ? one.data : {}))) as GivenVariables,
    problems: parsed.flatMap((one) => ('problems' in one ? one.problems : [])),
  }
}

/**
 * The keys of the audit trail, the one that seals first.
 *
 * @throws RollcallError ENVIRONMENT_INVALID
 */
export function readAuditKeys(variables: NodeJS.ProcessEnv): AuditKey[] {
  const { ROLLCALL_AUDIT_KEY } = read(HttpEnvironment.pick({ ROLLCALL_AUDIT_KEY: true }), variables)
  return ROLLCALL_AUDIT_KEY?.split(',').map(auditKey) ?? []
}

/** What gates send to prove who asks, by the variable's name: `tokenEnv` and `secretEnv` of the configuration. */
export function readGateSecrets(variables: NodeJS.ProcessEnv): Record<string, string> {
  const secrets = Object.entries(variables).flatMap(([name, value]) => {
    const secret = value?.trim()
    return /^GATE_[A-Z0-9_]+$/.test(name) && secret ? [[name, secret] as const] : []
  })
  return Object.fromEntries(secrets)
}

/** What must never be shown, whatever goes wrong. */
export function secretsOf(environment: Environment): string[] {
  const slack = 'SLACK_APP_TOKEN' in environment ? environment.SLACK_APP_TOKEN : environment.SLACK_SIGNING_SECRET
  const password = /^redis(?:s|\+sentinel)?:\/\/[^@/]*:([^@/]+)@/.exec(environment.REDIS_URL)?.[1]
  const keys = environment.ROLLCALL_AUDIT_KEY?.split(',') ?? []
  const passwords = password === undefined ? [] : [password, decoded(password)]
  const { ROLLCALL_API_TOKEN = [], ROLLCALL_WEBHOOK_TOKEN = [], ROLLCALL_REGISTRY_SECRET = [] } = environment
  const tokens = [...ROLLCALL_API_TOKEN, ...ROLLCALL_WEBHOOK_TOKEN, ...ROLLCALL_REGISTRY_SECRET]
  return [environment.SLACK_BOT_TOKEN, slack, ...passwords, ...keys, ...tokens.map(({ token }) => token)].filter(
    Boolean,
  )
}

function decoded(password: string): string {
  try {
    return decodeURIComponent(password)
  } catch {
    return password
  }
}

function read<T>(schema: z.ZodType<T>, variables: NodeJS.ProcessEnv): T {
  const parsed = parse(schema, variables)
  if ('data' in parsed) return parsed.data
  const lines = parsed.problems.map(
    ({ variable, isSet, needed }) => `  ${variable} ${isSet ? 'does not have its form' : 'is not set'}: ${needed}`,
  )
  const count = lines.length === 1 ? 'one problem' : `${lines.length} problems`
  throw new RollcallError('ENVIRONMENT_INVALID', [`The environment has ${count}:`, ...lines].join('\n'), {
    hint: '.env.example lists every variable, with how to get it. Copy it to .env, and start with: node --env-file=.env',
  })
}

function parse<T>(schema: z.ZodType<T>, variables: NodeJS.ProcessEnv): { data: T } | { problems: VariableProblem[] } {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()))
  const parsed = schema.safeParse(given)
  if (parsed.success) return { data: parsed.data }
  const problems = parsed.error.issues.map(({ path, message }) => {
    const variable = String(path[0])
    return { variable, isSet: given[variable] !== undefined, needed: message }
  })
  return { problems }
}
