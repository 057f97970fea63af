import { setTimeout as delay } from 'node:timers/promises'
import gifenc from 'gifenc'
import { PNG } from 'pngjs'

// A CommonJS module whose names Node cannot see.
const { applyPalette, GIFEncoder, quantize } = gifenc

const everyMs = 120
/** Nobody wants to wait while nothing moves. */
const longestMs = 900
const lastMs = 3_000
const colours = 56

type Frame = { png: Buffer; atMs: number }

/**
 * Takes pictures one after the other until it is told to stop, and makes an animated GIF of those that differ.
 *
 * @param shoot a PNG of always the same size
 */
export function record(shoot: () => Promise<Buffer>): { stop(): Promise<Uint8Array> } {
  const frames: Frame[] = []
  let running = true
  const done = (async () => {
    while (running) {
      const atMs = performance.now()
      const png = await shoot()
      if (!frames.at(-1)?.png.equals(png)) frames.push({ png, atMs })
      await delay(Math.max(0, everyMs - (performance.now() - atMs)))
    }
  })()
  // A page that is closed before `stop` has its own error to tell.
  done.catch(() => {
    running = false
  })
  return {
    async stop() {
      running = false
      await done
      return encode(frames)
    },
  }
}

/** One palette for all, and of each frame only what differs from the one before: the rest is transparent. */
function encode(frames: Frame[]): Uint8Array {
  const pictures = frames.map(({ png }) => PNG.sync.read(png))
  const [first] = pictures
  if (!first) throw new Error('there is no frame')
  const { width, height } = first
  const transparent = colours
  const palette = [...quantize(sample(pictures), colours), [255, 0, 255]]
  const gif = GIFEncoder()
  let before: Uint8Array | undefined
  for (const [index, { data }] of pictures.entries()) {
    const pixels = applyPalette(data, palette.slice(0, colours))
    const shown = before ? pixels.map((pixel, at) => (pixel === before?.[at] ? transparent : pixel)) : pixels
    const until = frames[index + 1]?.atMs
    const now = frames[index]?.atMs ?? 0
    gif.writeFrame(shown, width, height, {
      ...(index === 0 && { palette }),
      delay: until === undefined ? lastMs : Math.min(until - now, longestMs),
      transparent: index > 0,
      transparentIndex: transparent,
      dispose: 1,
    })
    before = pixels
  }
  gif.finish()
  return gif.bytes()
}

/** Every few pixels of a few frames: enough to find the colours. */
function sample(pictures: PNG[]): Uint8Array {
  const chosen = pictures.filter((_, index) => index % Math.ceil(pictures.length / 12) === 0)
  const step = 5
  const bytes = chosen.flatMap(({ data }) => {
    const pixels: number[] = []
    for (let at = 0; at + 3 < data.length; at += 4 * step) {
      pixels.push(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, 255)
    }
    return pixels
  })
  return Uint8Array.from(bytes)
}
