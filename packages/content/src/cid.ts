import * as dagPb from '@ipld/dag-pb'
import { InvalidInputError } from '@tender/protocol'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'
import { bytesToHex, type Hex, hexToBytes } from 'viem'
import { BadBlockError, MalformedContentError } from './errors.ts'

/** Largest block that is taken from anybody, as IPFS has it. */
export const MAX_BLOCK_BYTES = 2 * 2 ** 20

const DIGEST_BYTES = 32

/**
 * The sha2-256 digest of a directory's or a chunked file's root: what contracts and messages say instead of the CID.
 *
 * @throws {InvalidInputError} for a CID of another kind: `cidOf` could not give it back
 * @example
 * digestOf(CID.parse('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')) // 0x5994…
 */
export function digestOf(cid: CID): Hex {
  checkCid(cid)
  if (cid.code === dagPb.code) return bytesToHex(cid.multihash.digest)
  throw notOurs(`${cid} is no dag-pb node`)
}

/** The CID whose digest it is: version 1, dag-pb, sha2-256. Reverses {@link digestOf}. */
export function cidOf(digest: Hex): CID {
  const bytes = hexToBytes(digest)
  if (bytes.byteLength !== DIGEST_BYTES) throw notOurs(`${digest} is no sha2-256 digest`)
  return CID.createV1(dagPb.code, create(sha256.code, bytes))
}

/**
 * A CID from its text or bytes, as version 1.
 *
 * @throws {InvalidInputError} if it is none, or of a codec other than dag-pb and raw, or of a hash other than sha2-256
 */
export function parseCid(from: string | Uint8Array): CID {
  try {
    const cid = (typeof from === 'string' ? CID.parse(from) : CID.decode(from)).toV1()
    checkCid(cid)
    return cid
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause
    throw notOurs(`${typeof from === 'string' ? JSON.stringify(from.slice(0, 100)) : 'it'} is no CID`)
  }
}

/** True for a block that holds a file's bytes and nothing else. */
export const isRaw = (cid: CID): boolean => cid.code === raw.code

/** The CID of a block of a file's bytes. */
export async function rawCid(bytes: Uint8Array): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(bytes))
}

/** Under which a block is kept: its digest, whatever the CID's codec and version. */
export const keyOf = (cid: CID): string => bytesToHex(cid.multihash.digest).slice(2)

/** Under which a walk remembers a CID: the same bytes may be read as two codecs. */
export const idOf = (cid: CID): string => `${cid.code} ${keyOf(cid)}`

/** @throws {InvalidInputError} for a codec or hash that is not read here */
export function checkCid(cid: CID): void {
  if (cid.code !== dagPb.code && cid.code !== raw.code) throw notOurs(`${cid} is neither dag-pb nor raw`)
  const { code, digest } = cid.multihash
  if (code !== sha256.code || digest.byteLength !== DIGEST_BYTES) throw notOurs(`${cid} is not of sha2-256`)
}

/** @throws {BadBlockError} if the bytes are not what the CID says, or too many */
export async function verifyBlock(cid: CID, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength > MAX_BLOCK_BYTES) throw new BadBlockError(`it has ${bytes.byteLength} bytes`, cid.toString())
  if (!(await isIntact(keyOf(cid), bytes))) throw new BadBlockError('its hash is another', cid.toString())
}

/** Whether bytes are those of the block that is kept under a key. */
export async function isIntact(key: string, bytes: Uint8Array): Promise<boolean> {
  const { digest } = await sha256.digest(bytes)
  return bytesToHex(digest).slice(2) === key
}

/** What a dag-pb node links to, in order; of a raw block nothing. @throws {MalformedContentError} */
export function linksOf(cid: CID, bytes: Uint8Array): CID[] {
  if (isRaw(cid)) return []
  return decodeNode(cid, bytes).Links.map(({ Hash }) => linkedCid(Hash))
}

/** @throws {MalformedContentError} */
export function decodeNode(cid: CID, bytes: Uint8Array): dagPb.PBNode {
  try {
    return dagPb.decode(bytes)
  } catch (cause) {
    throw new MalformedContentError('a block is no dag-pb', { cid: cid.toString(), cause })
  }
}

/** @throws {MalformedContentError} if a link leads to a kind of block that is not read here */
export function linkedCid(link: CID): CID {
  try {
    const cid = link.toV1()
    checkCid(cid)
    return cid
  } catch (cause) {
    throw new MalformedContentError('it links to something that is neither dag-pb nor raw of sha2-256', { cause })
  }
}

function notOurs(message: string): InvalidInputError {
  return new InvalidInputError('a CID is wrong', [{ message }])
}
