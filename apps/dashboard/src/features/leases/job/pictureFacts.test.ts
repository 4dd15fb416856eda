import { expect, test } from 'vitest'
import { pictureFacts, pictureType } from './pictureFacts.ts'

// Of 3 × 2 pixels each.
const files = {
  'image/png': ['iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEUlEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='],
  'image/gif': ['R0lGODlhAwACAPAAAP8AAAAAACH5BAAAAAAALAAAAAADAAIAAAIChF8AOw=='],
} as const

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

/** A segment of a JPEG: its marker, and what it holds. */
const segment = (marker: number, content: readonly number[]) => [0xff, marker, 0, content.length + 2, ...content]

const jpeg = new Uint8Array([
  0xff,
  0xd8,
  ...segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0]),
  ...segment(0xc4, [0, 9, 9, 9, 9, 9, 9, 9]),
  ...segment(0xc2, [8, 0x01, 0x0e, 0x01, 0xe0, 3, 0, 0, 0]),
])

/** The first chunk of a WebP. */
const webp = (kind: string, content: readonly number[]) =>
  new Uint8Array([
    ...Buffer.from(`RIFF\0\0\0\0WEBP${kind}\0\0\0\0`, 'latin1'),
    ...content,
    ...new Array<number>(20).fill(0),
  ])

test('pictures tell their type and size', () => {
  for (const [type, written] of Object.entries(files)) {
    for (const base64 of written) expect(pictureFacts(bytesOf(base64))).toEqual({ type, width: 3, height: 2 })
  }
  expect(pictureFacts(jpeg)).toEqual({ type: 'image/jpeg', width: 480, height: 270 })
  const size = { type: 'image/webp', width: 300, height: 200 }
  expect(pictureFacts(webp('VP8X', [0, 0, 0, 0, 43, 1, 0, 199, 0, 0]))).toEqual(size)
  expect(pictureFacts(webp('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, 44, 1, 200, 0]))).toEqual(size)
  const bits = 299 | (199 << 14)
  expect(pictureFacts(webp('VP8L', [0x2f, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >>> 24]))).toEqual(
    size,
  )
})

test('what is no picture is none, whatever it is called: no page, no drawing that may hold a script', () => {
  for (const text of ['<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', '<!doctype html>', 'GIF', '', 'BM6']) {
    expect(pictureType(Buffer.from(text))).toBeUndefined()
    expect(pictureFacts(Buffer.from(text))).toBeUndefined()
  }
})

test('a picture that is cut off, of no size, or of more pixels than anybody has room for is not shown', () => {
  const png = bytesOf(files['image/png'][0])
  expect(pictureFacts(png.subarray(0, 20))).toBeUndefined()
  expect(pictureFacts(jpeg.subarray(0, 12))).toBeUndefined()
  expect(pictureFacts(new Uint8Array([...jpeg.subarray(0, 2), ...new Array<number>(40).fill(0)]))).toBeUndefined()
  const bomb = new Uint8Array(png)
  new DataView(bomb.buffer).setUint32(16, 100_000)
  new DataView(bomb.buffer).setUint32(20, 100_000)
  expect(pictureFacts(bomb)).toBeUndefined()
  new DataView(bomb.buffer).setUint32(16, 0)
  expect(pictureFacts(bomb)).toBeUndefined()
})
