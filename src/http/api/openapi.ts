import { createDocument, type ZodOpenApiResponseObject } from 'zod-openapi'
import { Accepted, ErrorBody, RequestBody, RequestHeaders, State, StateParameters, StateQuery } from './schemas.ts'
import { upgradesPath } from './state.ts'

const json = <T>(schema: T) => ({ 'application/json': { schema } })

function error(description: string): ZodOpenApiResponseObject {
  return { description, content: json(ErrorBody) }
}

const always = {
  400: error('Something of it is wrong; `problems` says what.'),
  401: error('No token, or an unknown one.'),
  429: error('Too many calls; `Retry-After` says for how many seconds to wait.'),
  503: error('It has to come again: Redis, Slack or the cluster does not answer, or too many wait.'),
}

const security = [{ token: [] }]

let made: ReturnType<typeof createDocument> | undefined

/** The API, described for programs: OpenAPI 3.1, made of the schemas that check what comes and type what goes. */
export function openApi() {
  made ??= createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Rollcall',
      version: '1',
      description: 'Pipelines ask for upgrades and follow them. They never approve: people do, in Slack.',
    },
    servers: [{ url: '/' }],
    paths: {
      [upgradesPath]: {
        post: {
          operationId: 'requestUpgrade',
          summary: 'Ask for an upgrade',
          security,
          requestParams: { header: RequestHeaders },
          requestBody: { required: true, content: json(RequestBody) },
          responses: {
            201: {
              description: 'It was asked for. Checks, plan and the question for approval follow in Slack.',
              content: json(Accepted),
            },
            ...always,
            403: error('This pipeline, or the person it stands for, may not; or the identity token does not count.'),
            404: error('There is no such service or environment.'),
            409: error('Another upgrade is under way on this workload, or nobody could approve.'),
            413: error('The body is too large.'),
            415: error('The body is no JSON in UTF-8.'),
            422: error('Another request was made with this `Idempotency-Key`.'),
          },
        },
      },
      [`${upgradesPath}/{id}`]: {
        get: {
          operationId: 'readUpgrade',
          summary: 'Read how an upgrade stands, or wait until that changes',
          security,
          requestParams: { path: StateParameters, query: StateQuery },
          responses: {
            200: { description: 'How it stands.', content: json(State) },
            ...always,
            404: error('There is none of this ID, or this pipeline may not see it.'),
          },
        },
      },
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of `ROLLCALL_API_TOKEN`.' },
      },
    },
  })
  return made
}
