/** What a picture's bytes say of it. */
export type PictureFacts = {
  type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
  /** Pixels. */
  width: number
  height: number
}

/** Larger ones are not shown: a few bytes can ask for gigabytes of pixels. */
export const MAX_PIXELS = 64_000_000

/** Bytes that tell whether a file is a picture, whatever its name. */
export const MAGIC_BYTES = 12

/**
 * Whether bytes begin like a picture that is shown here: PNG, JPEG, GIF or WebP. Nothing that could hold a script or name another
 * file is.
 */
export function pictureType(start: Uint8Array): PictureFacts['type'] | undefined {
  const is = (at: number, text: string) => [...text].every((letter, i) => start[at + i] === letter.charCodeAt(0))
  if (is(0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (is(0, '\xff\xd8\xff')) return 'image/jpeg'
  if (is(0, 'GIF87a') || is(0, 'GIF89a')) return 'image/gif'
  if (is(0, 'RIFF') && is(8, 'WEBP')) return 'image/webp'
  return undefined
}

/**
 * What a file's bytes say of it as a picture; `undefined` if it is none that is shown, says no size, or a size of nothing or of more
 * than {@link MAX_PIXELS}.
 *
 * @example
 * pictureFacts(bytes) // { type: 'image/png', width: 480, height: 10 }
 */
export function pictureFacts(bytes: Uint8Array): PictureFacts | undefined {
  const type = pictureType(bytes)
  const size = type && sizeReaders[type](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  if (!type || !size) return undefined
  const [width, height] = size
  return width > 0 && height > 0 && width * height <= MAX_PIXELS ? { type, width, height } : undefined
}

type Size = [width: number, height: number] | undefined

const sizeReaders: Record<PictureFacts['type'], (view: DataView) => Size> = {
  'image/png': (view) => (view.byteLength < 24 ? undefined : [view.getUint32(16), view.getUint32(20)]),
  'image/gif': (view) => (view.byteLength < 10 ? undefined : [view.getUint16(6, true), view.getUint16(8, true)]),
  'image/jpeg': jpegSize,
  'image/webp': webpSize,
}

/** From segment to segment until the one of a frame, which has the size. */
function jpegSize(view: DataView): Size {
  for (let at = 2; at + 9 <= view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1)
    if (view.getUint8(at) !== 0xff) return undefined
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)]
  }
  return undefined
}

/** Its first chunk says which of three kinds it is. */
function webpSize(view: DataView): Size {
  if (view.byteLength < 30) return undefined
  const kind = String.fromCharCode(...[12, 13, 14, 15].map((at) => view.getUint8(at)))
  if (kind === 'VP8X') return [1 + uint24(view, 24), 1 + uint24(view, 27)]
  if (kind === 'VP8 ') return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff]
  if (kind !== 'VP8L') return undefined
  const bits = view.getUint32(21, true)
  return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)]
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) + (view.getUint8(at + 2) << 16)
}
