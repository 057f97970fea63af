/**
 * What a program that calls Rollcall over HTTP is told when it is not even heard; programs are spoken to in English. The
 * code of each is its name in capitals.
 */
export const callRefusals = {
  malformed: {
    message: 'The body cannot be read: it is no JSON in UTF-8, or has more levels and values than it may have.',
    hint: 'Send one JSON document; behind a proxy, check that it passes bodies on unchanged.',
  },
  unauthenticated: {
    message: 'There is no token that is known here.',
    hint: 'Send the header «Authorization: Bearer <token>», with a token of the environment that Rollcall runs with.',
  },
  forged: {
    message: 'The signature does not fit the body and the secrets that are known here.',
    hint: 'Compare the secret with ROLLCALL_REGISTRY_SECRET; behind a proxy, check that it passes bodies on unchanged.',
  },
  stale: {
    message: 'The time that is signed is more than five minutes ago.',
    hint: 'Sign what is sent when it is sent; compare the clocks.',
  },
  future: {
    message: 'The time that is signed is more than five minutes ahead.',
    hint: 'Compare the clocks.',
  },
  oversized: {
    message: 'The body is larger than it may be.',
    hint: 'Send less at a time.',
  },
  unsupported: {
    message: 'The body has a content type, charset or encoding that is not read here.',
    hint: 'Send the header «Content-Type: application/json», and the body in UTF-8, not compressed.',
  },
  invalid: {
    message: 'The request is not as it has to be.',
    hint: 'Each thing that is wrong is in `problems`; /api/v1/openapi.json describes what is right.',
  },
  throttled: {
    message: 'There are more calls with this token than it may make.',
    hint: 'Wait for as many seconds as the header Retry-After says; wait for changes with ?wait=60s instead of asking often.',
  },
  identity_refused: {
    message: 'The identity token of the CI does not count here.',
    hint: 'Compare issuer, audience, subject and claims with `pipelines.<name>.identity` in the configuration; or leave it out, then one more has to approve.',
  },
  identity_unavailable: {
    message: 'The keys of the issuer of the identity token cannot be read at the moment.',
    hint: 'Try again in a minute.',
  },
  crowded: {
    message: 'So much is being received at the moment that this has to come again.',
    hint: 'Try again in a few seconds.',
  },
  failed: {
    message: 'This was not carried out because of an error in Rollcall or in what it needs.',
    hint: 'Try again; the log of Rollcall says more.',
  },
} as const
