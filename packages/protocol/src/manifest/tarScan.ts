const BLOCK = 512

/** Looks through a tar that comes in pieces, without keeping it. */
export type TarScan = {
  push(piece: Uint8Array): void
  /** True if what came so far is a tar that holds an image as `docker save` writes it. */
  holdsImage(): boolean
}

/**
 * Begins a scan.
 *
 * @example
 * const scan = createTarScan()
 * for await (const piece of createReadStream('app.tar')) scan.push(piece)
 * scan.holdsImage()
 */
export function createTarScan(): TarScan {
  const header = new Uint8Array(BLOCK)
  let filled = 0
  /** Bytes of content until the next header. */
  let skip = 0
  let state: 'reading' | 'ended' | 'broken' = 'reading'
  let found = false

  function readHeader(): void {
    filled = 0
    if (header.every((byte) => byte === 0)) state = 'ended'
    else if (!checksumHolds(header)) state = 'broken'
    else {
      const size = sizeOf(header)
      if (size === undefined) state = 'broken'
      else skip = Math.ceil(size / BLOCK) * BLOCK
      if (/^(?:\.\/)?manifest\.json$/.test(textOf(header.subarray(0, 100)))) found = true
    }
  }

  return {
    push(piece) {
      let at = 0
      while (at < piece.length && state === 'reading') {
        const skipped = Math.min(skip, piece.length - at)
        skip -= skipped
        at += skipped
        const part = piece.subarray(at, at + BLOCK - filled)
        header.set(part, filled)
        filled += part.length
        at += part.length
        if (filled === BLOCK) readHeader()
      }
    },
    holdsImage: () => found && state !== 'broken',
  }
}

/** The sum of a header's bytes, its own eight taken for spaces. */
function checksumHolds(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  return Number.parseInt(textOf(header.subarray(148, 156)).trim(), 8) === sum
}

/** Octal digits; more than they can say is larger than any image taken here. */
function sizeOf(header: Uint8Array): number | undefined {
  const digits = textOf(header.subarray(124, 136)).trim()
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end))
}
