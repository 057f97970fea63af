import { z } from 'zod'
import { text } from './fields.ts'

const allowedKeys = 'an https URL; http only for an address of this machine, as tests have one'

/** Whoever can change the keys on their way here can be anybody. */
const KeysUrl = text(
  /^(https:\/\/[^\s/@]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?)(\/\S*)?$/,
  allowedKeys,
)

const allowedPattern = 'a text of 1 to 300 characters, in which * stands for anything'
const Pattern = text(/^[^\p{Cc}]{1,300}$/u, allowedPattern)

const allowedClaim = 'the name of a claim, such as repository'
const ClaimName = text(/^[^\p{Cc}\s]{1,100}$/u, allowedClaim)

const Identity = z
  .strictObject({
    issuer: text(/^https?:\/\/\S+$/, 'the issuer exactly as its tokens say it, such as https://gitlab.com').describe(
      'The claim `iss`, exactly.',
    ),
    keys: KeysUrl.describe('Where the issuer publishes its public keys (JWKS).'),
    audience: text(/^[^\p{Cc}\s]{1,300}$/u, 'the audience that the pipeline asks for, such as rollcall').describe(
      'The claim `aud`: a token for anybody else does not count.',
    ),
    subjects: z
      .array(Pattern, 'a list of patterns')
      .min(1, 'at least one pattern')
      .describe('Patterns of the claim `sub`, of which one has to fit; `*` stands for anything.'),
    claims: z.record(z.string(), Pattern).default({}).describe('Patterns of further claims, all of which have to fit.'),
    algorithms: z
      .array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']))
      .min(1, 'at least one algorithm')
      .default(['RS256', 'ES256'])
      .describe('How a token may be signed.'),
    person: z
      .exactOptional(
        z.strictObject({
          claim: ClaimName.describe('The claim that says who started the pipeline.'),
          people: z
            .record(
              z.string(),
              text(/^[UW][A-Z0-9]{2,}$/, 'a Slack user ID such as U0ALICE (profile, ⋮, Copy member ID)'),
            )
            .describe('Slack user IDs by what that claim says.'),
        }),
      )
      .describe('Whose request it is. Without it, and for whoever is not named, one more has to approve.'),
  })
  .describe('How a pipeline proves with a token of its CI (OIDC) who it runs for.')
export type Identity = z.infer<typeof Identity>

export const Pipeline = z
  .strictObject({ identity: z.exactOptional(Identity) })
  .describe('A pipeline, called like its token in ROLLCALL_API_TOKEN.')
