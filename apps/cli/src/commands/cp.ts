import { stat } from 'node:fs/promises'
import { basename, dirname, posix, resolve } from 'node:path'
import { copyIn, copyOut } from '@tender/network'
import { formatSize, InvalidInputError, NotFoundError } from '@tender/protocol'
import { checkRuns, chooseService } from '@tender/tenant'
import { type Context, defineCommand, required, setting, wholeNumber } from '../command.ts'
import { packTar } from '../tenant/packTar.ts'
import { unpackTar } from '../tenant/unpackTar.ts'
import { withLease } from '../tenant/withLease.ts'

export const cpCommand = defineCommand({
  description:
    'Copies a file or directory out of a container of a lease, or into it. The side in the container is written lease:service:/path. A destination that ends with / is a directory that is there: what is copied keeps its name in it. Into a container only what it can write to: its volumes and tmpfs.',
  examples: [
    'tender cp 4fa1:web:/var/log/nginx/error.log .',
    'tender cp ./site/ 4fa1:web:/data',
    'tender cp ./shop.sql 4fa1:db:/tmp/',
    'tender cp 4fa1:/data ./backup   # the service may be left out where there is only one',
  ],
  arguments: { source: required('what to copy'), destination: required('where to') },
  options: { replica: setting('number', "of which of the service's containers, the first is 0", wholeNumber) },
  async run(context, { source, destination, replica = 0 }) {
    const [from, to] = [remotePlace(source), remotePlace(destination)]
    if (from && to) throw wrongSides('both sides are in a container: copy by way of this machine')
    if (from) return out(context, { ...from, replica }, destination)
    if (to) return into(context, source, { ...to, replica })
    throw wrongSides('neither side is in a container')
  },
  print({ files, bytes, skipped }, out) {
    out.line(`${files} file${files === 1 ? '' : 's'} copied, ${formatSize(bytes)}`)
    for (const why of skipped) out.line(`${out.paint('yellow', 'left out:')} ${why}`)
  },
})

type RemotePlace = { lease: string; service: string | undefined; path: string }
type Copied = { files: number; bytes: number; skipped: string[] }

/** `lease:service:/path` or `lease:/path`; `undefined` for a path of this machine, which may be told apart by `./`. */
function remotePlace(written: string): RemotePlace | undefined {
  const [, lease, service, path] = /^((?:0x)?[0-9a-f]{1,64}):(?:([a-zA-Z0-9._-]{1,63}):)?(\/.*)$/is.exec(written) ?? []
  return lease === undefined || path === undefined ? undefined : { lease, service, path }
}

function wrongSides(why: string): InvalidInputError {
  return new InvalidInputError(why, [], { hint: 'Write one side as lease:service:/path, e.g. 4fa1:web:/data/file.' })
}

async function out(context: Context, place: RemotePlace & { replica: number }, destination: string): Promise<Copied> {
  const path = posix.normalize(place.path)
  const target = await localTarget(destination, path)
  return withLease(context, place.lease, async (reach) => {
    checkRuns(reach)
    const { signal } = context
    const service = chooseService(reach.manifest, place.service)
    const request = { lease: reach.record.leaseId, service, replica: place.replica, path }
    const tar = await reach.ask((provider, node) => copyOut(node, provider, request, signal))
    return unpackTar(tar, target, signal)
  })
}

/**
 * As `cp` has it: into a directory that is there, else under the new name. What comes is called what was asked for: a provider
 * that answers with another name writes over nothing else.
 */
async function localTarget(destination: string, from: string): Promise<{ directory: string; name?: string }> {
  const path = resolve(destination)
  const name = posix.basename(from)
  if (await isDirectory(path)) return { directory: path, ...(name !== '' && { name }) }
  if (!/[/\\]$/.test(destination) && (await isDirectory(dirname(path)))) {
    return { directory: dirname(path), name: basename(path) }
  }
  throw new NotFoundError(`there is no directory ${/[/\\]$/.test(destination) ? path : dirname(path)}`, {
    code: 'fileNotFound',
    hint: 'Make it first.',
  })
}

async function into(context: Context, source: string, place: RemotePlace & { replica: number }): Promise<Copied> {
  const { directory, name } = await remoteTarget(source, place.path)
  return withLease(context, place.lease, async (reach) => {
    checkRuns(reach)
    const { signal } = context
    const service = chooseService(reach.manifest, place.service)
    const request = { lease: reach.record.leaseId, service, replica: place.replica, path: directory }
    const { tar, done } = await packTar(resolve(source), name)
    await reach.ask((provider, node) => copyIn(node, provider, request, tar, signal))
    return done
  })
}

/** What is there in the container cannot be seen from here, so the path's end says what is meant. */
async function remoteTarget(source: string, path: string): Promise<{ directory: string; name: string }> {
  const clean = posix.normalize(path)
  if (clean.endsWith('/')) return { directory: trimmed(clean), name: basename(resolve(source)) }
  if (await isDirectory(resolve(source))) return { directory: clean, name: '' }
  return { directory: posix.dirname(clean), name: posix.basename(clean) }
}

function trimmed(path: string): string {
  return path === '/' ? path : path.slice(0, -1)
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
      throw error
    },
  )
}
