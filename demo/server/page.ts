import { fileURLToPath } from 'node:url'
import { build } from 'vite'

export type Asset = { type: string; body: string | Uint8Array }

const root = fileURLToPath(new URL('../page', import.meta.url))

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Builds the page in memory: nothing is written, and nothing of it is inline, so that a strict policy can stand. */
export async function buildPage(): Promise<Map<string, Asset>> {
  const built = await build({
    root,
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: { input: [`${root}/index.html`, `${root}/gallery.html`] },
    },
  })
  if (!('output' in built)) throw new Error('vite built something else than one bundle')
  return new Map(
    built.output.map((file) => {
      const ending = file.fileName.split('.').at(-1) ?? ''
      const type = types[ending] ?? 'application/octet-stream'
      return [`/${file.fileName}`, { type, body: file.type === 'chunk' ? file.code : file.source }]
    }),
  )
}
