import { cidOf, openRemoteContent, parseCid, type RemoteContent, type RemoteEntry } from '@tender/content/browser'
import { askBlocks, askTaskLog, type TaskLog } from '@tender/network/browser'
import { JOB_FILE, type PrivateJob, parseJobText, type TaskRecord } from '@tender/protocol'
import type { Hex } from 'viem'
import type { PageReach } from '../useReach.ts'
import { MAGIC_BYTES, type PictureFacts, pictureFacts, pictureType } from './pictureFacts.ts'

// Everything here needs the network and the content's encoding: it is loaded once somebody looks at a task.

/** What is kept of one provider's content for the next look. */
const CACHE_BYTES = 64 * 1024 ** 2
/** Most files of one output that are listed, and that are looked at for pictures. */
export const MOST_FILES = 500
const MOST_PICTURES = 24
/** Deepest folder of an output that is listed. */
const MOST_LEVELS = 8
/** Largest picture that is shown, and largest file that is saved from here. */
const MAX_PICTURE_BYTES = 16 * 1024 ** 2
export const MAX_SAVED_BYTES = 512 * 1024 ** 2
const MAX_JOB_FILE_BYTES = 16 * 1024 ** 2

/** A file of a task's output. */
export type OutputFile = { path: string; cid: RemoteEntry['cid']; bytes: number }

/** A picture among a task's outputs. `url`: its bytes, as an address that an image can have. */
export type Picture = PictureFacts & { path: string; bytes: number; blob: Blob; url: string }

const opened = new WeakMap<PageReach, RemoteContent>()

/** What the provider of a lease has; every block of it is checked here against its hash. */
export function contentOf(reach: PageReach): RemoteContent {
  const known = opened.get(reach)
  if (known) return known
  const source = {
    async *blocks(cids: readonly Uint8Array[], signal: AbortSignal) {
      yield* await reach.ask(async (provider, node) => askBlocks(node, provider, cids, signal), signal)
    },
  }
  // It lives as long as the page.
  const content = openRemoteContent({ source, cacheBytes: CACHE_BYTES, signal: new AbortController().signal })
  opened.set(reach, content)
  return content
}

/** The files of a task's output, at most {@link MOST_FILES}, by path. */
export async function outputFiles(reach: PageReach, { output }: TaskRecord, signal: AbortSignal) {
  const content = contentOf(reach)
  const files: OutputFile[] = []
  async function below(cid: RemoteEntry['cid'], path: string, level: number): Promise<void> {
    for (const entry of await content.list(cid, { files: MOST_FILES }, signal)) {
      if (files.length >= MOST_FILES) return
      if (entry.kind === 'file') files.push({ path: path + entry.name, cid: entry.cid, bytes: entry.bytes })
      else if (level < MOST_LEVELS) await below(entry.cid, `${path}${entry.name}/`, level + 1)
    }
  }
  await below(cidOf(output), '', 1)
  return files
}

/** The pictures of a task's output: those of its files that are one by their bytes, whatever they are called. */
export async function outputPictures(reach: PageReach, record: TaskRecord, signal: AbortSignal): Promise<Picture[]> {
  const files = await outputFiles(reach, record, signal)
  const found = await Promise.all(files.slice(0, MOST_PICTURES).map((file) => pictureOf(reach, file, signal)))
  return found.flatMap((picture) => picture ?? [])
}

async function pictureOf(reach: PageReach, file: OutputFile, signal: AbortSignal): Promise<Picture | undefined> {
  if (file.bytes < MAGIC_BYTES || file.bytes > MAX_PICTURE_BYTES) return undefined
  const content = contentOf(reach)
  for await (const piece of content.read(file.cid, { bytes: MAX_PICTURE_BYTES }, signal)) {
    if (!pictureType(piece)) return undefined
    break
  }
  const bytes = await content.readBytes(file.cid, { bytes: MAX_PICTURE_BYTES }, signal)
  const facts = pictureFacts(bytes)
  if (!facts) return undefined
  const blob = new Blob([bytes], { type: facts.type })
  return { ...facts, path: file.path, bytes: bytes.byteLength, blob, url: await dataUrl(blob) }
}

/** The page's policy lets pictures stand in the text, and come from nowhere else. */
function dataUrl(blob: Blob): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const reader = new FileReader()
  reader.onload = () => resolve(String(reader.result))
  reader.onerror = () => reject(reader.error)
  reader.readAsDataURL(blob)
  return promise
}

/** A file of an output, whole and checked, as something to save. It is never opened as a page. */
export async function savedFile(reach: PageReach, file: OutputFile, signal: AbortSignal): Promise<Blob> {
  const bytes = await contentOf(reach).readBytes(file.cid, { bytes: MAX_SAVED_BYTES }, signal)
  return new Blob([bytes], { type: 'application/octet-stream' })
}

/** What one task wrote; `undefined` while it has not ended, and once its provider tidied up. */
export function taskLog(reach: PageReach, task: number, signal: AbortSignal): Promise<TaskLog | undefined> {
  const request = { lease: reach.record.leaseId, session: reach.session, task }
  return reach.ask((provider, node) => askTaskLog(node, provider, request, signal), signal)
}

/** How a job's tasks are run, from the bundle that its terms name. @param inputs the digest of the bundle's root */
export async function jobFileOf(reach: PageReach, inputs: Hex, signal: AbortSignal): Promise<PrivateJob> {
  const bytes = await fileIn(reach, cidOf(inputs), { name: JOB_FILE, bytes: MAX_JOB_FILE_BYTES }, signal)
  return parseJobText(new TextDecoder().decode(bytes))
}

/** The whole of a file that a directory names. @param root a CID, or its text */
export async function fileIn(
  reach: PageReach,
  root: RemoteEntry['cid'] | string,
  { name, bytes }: { name: string; bytes: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const content = contentOf(reach)
  const cid = typeof root === 'string' ? parseCid(root) : root
  const found = (await content.list(cid, { files: MOST_FILES }, signal)).find((entry) => entry.name === name)
  if (!found) throw new Error(`its folder has no ${name}`)
  return content.readBytes(found.cid, { bytes }, signal)
}
