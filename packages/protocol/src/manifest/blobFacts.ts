import { type Hex, sha256 } from 'viem'
import { MAX_BLOB_BYTES } from './manifest.ts'
import { createTarScan } from './tarScan.ts'

/** What has to be known of an image's file; found out piece by piece, since images are large. */
export type BlobFacts = {
  sha256: Hex
  bytes: number
  /** Its first bytes, eight or more if it has them. */
  head: Uint8Array
  /** See `createTarScan`. */
  holdsImage: boolean
}

/** The facts about a file that is in memory anyway. */
export function blobFacts(content: Uint8Array): BlobFacts {
  const scan = createTarScan()
  scan.push(content)
  // CAST: sha256 of bytes is hex by default
  return { sha256: sha256(content), bytes: content.length, head: content.slice(0, 8), holdsImage: scan.holdsImage() }
}

/** Largest WebAssembly module: the driver that runs it keeps it in memory. */
const MAX_WASM_BYTES = 64 * 1024 ** 2

/** What every WebAssembly module begins with: `\0asm`. */
const wasmMagic = [0, 0x61, 0x73, 0x6d]
const compressions = [
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xfd, 0x37, 0x7a, 0x58],
  [0x42, 0x5a, 0x68],
]

/** Why a file cannot be the image of a driver's workload; `undefined` if it can. */
export function imageFault(driver: 'wasm' | 'docker', facts: BlobFacts | undefined): string | undefined {
  if (!facts) return 'does not exist'
  const most = driver === 'wasm' ? MAX_WASM_BYTES : MAX_BLOB_BYTES
  if (facts.bytes > most) return `has ${facts.bytes} bytes, the most is ${most}`
  const startsWith = (magic: readonly number[]) => magic.every((byte, index) => facts.head[index] === byte)
  if (driver === 'wasm') return startsWith(wasmMagic) ? undefined : 'is not a WebAssembly module'
  if (facts.holdsImage) return undefined
  if (startsWith(wasmMagic)) return 'is a WebAssembly module: write platform: wasi/wasm for it'
  if (compressions.some(startsWith)) return 'is compressed: unpack it first, for example with gunzip'
  return 'is not an image: write it with `docker save --output app.tar NAME`'
}
