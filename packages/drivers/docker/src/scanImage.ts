import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TenderError } from '@tender/protocol'
import { type Extract, extract, type Pack, pack } from 'tar-stream'
import { z } from 'zod'

/** The image cannot be run, whoever asks and however often. */
export class InvalidImageError extends TenderError {
  constructor(reason: string, cause?: unknown) {
    super(reason, { code: 'invalidImage', class: 'user', cause })
  }
}

export type ImageLimits = {
  /** Of what it unpacks to. */
  readonly bytes: number
  readonly entries: number
}

type Entry = Extract extends AsyncIterable<infer Each> ? Each : never

const MANIFEST = 'manifest.json'
const INDEX = 'index.json'
/** Older engines wrote the names of images here. */
const NAMES = 'repositories'
/** Largest description within an image; what is larger must be a layer. */
const MOST_JSON_BYTES = 4 * 2 ** 20
const GZIP = Buffer.from([0x1f, 0x8b])
/** How files begin that the engine unpacks and this cannot look into: bzip2, xz, zstd, and what zstd passes over. */
const PACKED = /^(425a68|fd377a585a00|28b52ffd|5.2a4d18)/
const USTAR_AT = 257

const manifestSchema = z
  .array(z.object({ Config: z.string().max(512), Layers: z.array(z.string().max(512)).max(512).nullish() }))
  .length(1, 'must hold one image')

/** Other kinds can be small here and huge on disk (sparse files), or mean something else to another reader. */
const LAYER_TYPES = new Set<unknown>([
  'file',
  'link',
  'symlink',
  'directory',
  'fifo',
  'contiguous-file',
  'character-device',
  'block-device',
])

/**
 * Reads an image as `docker save` writes it, before the engine does: that it is one, and that it unpacks to no more than it may
 * (a few kilobytes can unpack to terabytes). Gives the digest of its configuration, which is how the engine will name it.
 *
 * @throws {InvalidImageError}
 */
export async function scanImage(path: string, limits: ImageLimits, signal: AbortSignal): Promise<{ id: string }> {
  const left = { ...limits }
  const digests = new Map<string, string>()
  let manifest: Buffer | undefined
  await eachEntry(createReadStream(path), signal, async (entry) => {
    const { name, type } = plainHeader(entry)
    if (type !== 'file') return drain(entry)
    const { start, all } = await peek(entry)
    if (PACKED.test(start.toString('hex'))) throw new InvalidImageError(`a layer is packed in an unknown way: ${name}`)
    if (isTar(start) || isZipped(start)) return scanLayer(isZipped(start), all, left, signal)
    const content = await small(all, name)
    // What is neither a layer nor a description could still be a layer to the engine.
    parseJson(content)
    digests.set(name, createHash('sha256').update(content).digest('hex'))
    if (name === MANIFEST) manifest = content
  })
  if (!manifest) throw new InvalidImageError('the image is not one that docker save wrote: it has no manifest.json')
  const parsed = manifestSchema.safeParse(parseJson(manifest))
  if (!parsed.success) throw new InvalidImageError('the manifest.json of the image is not valid', parsed.error)
  const id = digests.get(parsed.data[0]?.Config ?? '')
  if (id === undefined) throw new InvalidImageError('the image has no configuration')
  return { id: `sha256:${id}` }
}

/** The image without the names that it gives itself: one lease must not take the name of another's image. */
export function withoutNames(path: string, signal: AbortSignal): Readable {
  const output = pack()
  const copy = eachEntry(createReadStream(path), signal, async (entry) => {
    const header = plainHeader(entry)
    const { name } = header
    if (name === NAMES || name === '') return drain(entry)
    if (name !== MANIFEST && name !== INDEX) return feed(chunksOf(entry), output.entry(header), signal)
    const content = await small(chunksOf(entry), name)
    const unnamed = JSON.stringify(parseJson(content), (key, value) =>
      key === 'RepoTags' || key === 'annotations' ? undefined : value,
    )
    output.entry({ name }, unnamed)
  })
  copy.then(
    () => output.finalize(),
    (error) => output.destroy(error),
  )
  return Readable.from(output)
}

/** What older engines write in place of a layer that is there already. */
const LAYER_LINK = /^\.\.\/[0-9a-f]{64}\/layer\.tar$/
const LAYER_NAME = /^[0-9a-f]{64}\/layer\.tar$/

type PlainHeader = { name: string; type: 'file' | 'directory' | 'symlink'; size: number; linkname?: string }

/**
 * What the engine is told of an entry, and nothing else. Of each file there is one spelling only, and no link through which
 * another could be written: the engine must not find a second `manifest.json` that was not looked at.
 */
function plainHeader({ header }: Entry): PlainHeader {
  const { type, size = 0 } = header
  const name = header.name.replace(/^(\.\/)+/, '').replace(/\/$/, '')
  const isPlain = name.split('/').every((part) => /^[\w.:-]+$/.test(part) && !/^\.+$/.test(part))
  const isRoot = type === 'directory' && (name === '' || name === '.')
  if (isRoot) return { name: '', type, size: 0 }
  const linkname = header.linkname ?? ''
  const isLayer = type === 'symlink' && LAYER_NAME.test(name) && LAYER_LINK.test(linkname)
  if (isPlain && isLayer) return { name, type, size: 0, linkname }
  if (isPlain && (type === 'file' || type === 'directory')) return { name, type, size: type === 'file' ? size : 0 }
  throw new InvalidImageError(
    `the image is not one that docker save wrote: ${header.name.slice(0, 200)} is no plain file`,
  )
}

async function scanLayer(
  zipped: boolean,
  content: AsyncIterable<Buffer>,
  left: { bytes: number; entries: number },
  signal: AbortSignal,
): Promise<void> {
  const source = Readable.from(content)
  const tar = zipped ? source.pipe(createGunzip()) : source
  if (zipped) source.once('error', (error) => tar.destroy(error))
  await eachEntry(counted(tar, left), signal, async (entry) => {
    const { type, size = 0, name } = entry.header
    // What has no content but says so hides others from one reader that another finds.
    const hides = size > 0 && type !== 'file' && type !== 'contiguous-file'
    if (!LAYER_TYPES.has(type) || isSparse(entry.header) || hides)
      throw new InvalidImageError(`a layer has a file of an unknown kind: ${name}`)
    left.entries -= 1
    if (left.entries < 0) throw new InvalidImageError('the image has more files than this host takes')
    await drain(entry)
  })
}

/** Every byte counts, whatever headers say of it: the engine may read them otherwise. */
async function* counted(source: AsyncIterable<Buffer>, left: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    left.bytes -= chunk.length
    if (left.bytes < 0) throw new InvalidImageError('the image unpacks to more than this host takes')
    yield chunk
  }
}

const extendedSchema = z.object({ pax: z.record(z.string(), z.unknown()).nullish() })

function isSparse(header: unknown): boolean {
  const { pax } = extendedSchema.parse(header)
  return Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse'))
}

async function eachEntry(
  source: AsyncIterable<Buffer>,
  signal: AbortSignal,
  use: (entry: Entry) => Promise<void>,
): Promise<void> {
  const entries = extract()
  const feeding = feed(source, entries, signal)
  feeding.catch((error) => entries.destroy(error))
  try {
    for await (const entry of entries) await use(entry)
    await feeding
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof TenderError || (error instanceof Error && 'syscall' in error)) throw error
    throw new InvalidImageError('the image is not a tar as docker save writes it', error)
  } finally {
    entries.destroy()
  }
}

type Sink = Extract | ReturnType<Pack['entry']>

async function feed(source: AsyncIterable<Buffer>, sink: Sink, signal: AbortSignal): Promise<void> {
  for await (const chunk of source) {
    signal.throwIfAborted()
    if (sink.destroyed) return
    if (sink.write(chunk)) continue
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = () => resolve()
    sink.once('drain', done)
    sink.once('close', done)
    await promise
    sink.off('drain', done)
    sink.off('close', done)
  }
  sink.end(undefined)
}

/** The first bytes, enough to tell what it is, and then all of it. */
async function peek(entry: Entry): Promise<{ start: Buffer; all: AsyncIterable<Buffer> }> {
  const iterator = chunksOf(entry)
  const chunks: Buffer[] = []
  let isOver = false
  while (!isOver && chunks.reduce((sum, { length }) => sum + length, 0) < USTAR_AT + 5) {
    const next = await iterator.next()
    if (next.done) isOver = true
    else chunks.push(next.value)
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    yield* chunks
    while (!isOver) {
      const next = await iterator.next()
      if (next.done) return
      yield next.value
    }
  }
  return { start: Buffer.concat(chunks), all: all() }
}

function isZipped(start: Buffer): boolean {
  return start.subarray(0, 2).equals(GZIP)
}

function isTar(start: Buffer): boolean {
  return start.toString('latin1', USTAR_AT, USTAR_AT + 5) === 'ustar'
}

async function small(content: AsyncIterable<Buffer>, name: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of content) {
    length += chunk.length
    if (length > MOST_JSON_BYTES) throw new InvalidImageError(`the image has a layer of an unknown kind: ${name}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function* chunksOf(entry: Entry): AsyncGenerator<Buffer> {
  // CAST: a tar's entries give buffers, which their type does not say
  for await (const chunk of entry) yield chunk as Buffer
}

async function drain(entry: Entry): Promise<void> {
  for await (const _ of entry);
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch (error) {
    throw new InvalidImageError('the description of the image is not JSON', error)
  }
}
