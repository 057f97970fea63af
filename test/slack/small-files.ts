import type { Files } from '../../src/slack/report-files.ts'
import { sendFile } from '../../src/slack/send-file.ts'

/** A picture of a few bytes, brought to Slack as every file is. */
export const smallFiles: Files = {
  draw: async () => new Uint8Array([0x89, 0x50, 0x4e, 0x47]),
  send: sendFile,
  notAllowed: () => {},
}
