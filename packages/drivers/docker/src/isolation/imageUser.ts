import type { Readable } from 'node:stream'
import { TenderError } from '@tender/protocol'
import type Docker from 'dockerode'
import { extract } from 'tar-stream'
import { z } from 'zod'
import { statusOf } from '../statusOf.ts'
import type { Owner } from './types.ts'

const imageSchema = z.object({ Config: z.object({ User: z.string().max(256).nullish() }).nullish() })
/** Of the first file in the tar; a larger one is not a list of users. */
const MOST_BYTES = 2 ** 20
const LIMIT_MS = 30_000

/**
 * Who the processes of an image run as. `user`: the service's, else the image's own (`Config.User`), else root. Names are looked
 * up in the image's own /etc/passwd and /etc/group, through a container that is never started.
 *
 * @throws {TenderError} `unknownUser`
 *
 * @example
 * await imageUser(engine, 'postgres:18', 'postgres', signal) // { uid: 999, gid: 999 }
 */
export async function imageUser(
  engine: Docker,
  image: string,
  user: string | undefined,
  signal: AbortSignal,
): Promise<Owner> {
  const key = `${image} ${user ?? ''}`
  const before = known.get(key)
  if (before) return before
  const owner = await ask(engine, image, user, signal)
  if (known.size >= MOST_KNOWN) known.clear()
  // Names of images can be moved, their contents' hashes cannot.
  if (image.startsWith('sha256:')) known.set(key, owner)
  return owner
}

const known = new Map<string, Owner>()
const MOST_KNOWN = 10_000

async function ask(engine: Docker, image: string, user: string | undefined, signal: AbortSignal): Promise<Owner> {
  const own = user ?? imageSchema.parse(await engine.getImage(image).inspect()).Config?.User ?? ''
  const [name = '', group = ''] = own.split(':')
  // Without a group it is the user's first, which only the image knows.
  if (name === '' || (isNumber(name) && isNumber(group))) return { uid: number(name), gid: number(group) }
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
  const container = await engine.createContainer({
    Image: image,
    Cmd: ['none'],
    HostConfig: { NetworkMode: 'none' },
    abortSignal,
  })
  try {
    const users = await rows(container, '/etc/passwd', abortSignal)
    const groups = isNumber(group) || group === '' ? [] : await rows(container, '/etc/group', abortSignal)
    return resolve(own, users, groups)
  } finally {
    await container.remove({ v: true, force: true })
  }
}

/** What the two files say, as Docker reads them. */
function resolve(own: string, users: readonly string[][], groups: readonly string[][]): Owner {
  const [name = '', group = ''] = own.split(':')
  const row = users.find(([login]) => login === name) ?? users.find(([, , uid]) => isNumber(name) && uid === name)
  const uid = row?.[2] ?? name
  const first = row?.[3] ?? '0'
  const gid = group === '' ? first : (groups.find(([title]) => title === group)?.[2] ?? group)
  if (isNumber(uid) && isNumber(gid)) return { uid: number(uid), gid: number(gid) }
  throw new TenderError(`the image knows no user ${own}`, {
    code: 'unknownUser',
    class: 'user',
    hint: 'Name a user that its /etc/passwd has, or give numbers such as 1000:1000.',
    data: { user: own },
  })
}

async function rows(container: Docker.Container, path: string, abortSignal: AbortSignal): Promise<string[][]> {
  const text = await firstFile(container, path, abortSignal)
  return text.split('\n').map((line) => line.split(':'))
}

/** Empty if there is none, or it is not a plain file. */
async function firstFile(container: Docker.Container, path: string, abortSignal: AbortSignal): Promise<string> {
  // CAST: dockerode's type leaves out that the answer is a stream that can be read from
  const tar = (await container.getArchive({ path, abortSignal }).catch(unlessMissing)) as Readable | undefined
  if (!tar) return ''
  const entries = tar.pipe(extract())
  try {
    for await (const entry of entries) {
      const pieces: Buffer[] = []
      let bytes = 0
      // CAST: tar-stream's types leave out that entries give buffers
      for await (const piece of entry as AsyncIterable<Buffer>) {
        bytes += piece.length
        if (bytes > MOST_BYTES) return ''
        pieces.push(piece)
      }
      return Buffer.concat(pieces).toString()
    }
    return ''
  } finally {
    tar.destroy()
  }
}

function unlessMissing(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error
}

function isNumber(text: string): boolean {
  return /^\d{1,9}$/.test(text)
}

function number(text: string): number {
  return text === '' ? 0 : Number(text)
}
