import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { Context } from 'hono'
import { answerOf } from './answerCache.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
}

/** The encodings that a build may have made beforehand, the smallest first. */
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

/** Files whose names hold a hash of their content never change. */
const hashed = /^\/assets\/.+-[\w-]{8,}\.\w+(\.\w+)?$/

/** A page's built files. */
export type StaticFiles = {
  /** The file that a path names, or the page itself for a path of the page's own; undefined: neither. */
  serve(http: Context): Promise<Response | undefined>
}

type Content = Buffer<ArrayBuffer>

/** The files of one build. */
type Build = {
  /** Tells it from the one before. */
  readonly stamp: string
  has(path: string): boolean
  /** `undefined`: there is no such file, or not any more. */
  content(path: string): Promise<Content | undefined>
}

/** The page: every path of its own shows it, and a new one is a new build. */
const INDEX = '/index.html'

/**
 * Serves the files of a directory: only these names, so that no path leads anywhere else. A page that is built anew in its place is
 * served from then on; what only the one before had is missing.
 *
 * @example
 * const files = await openStaticFiles('/app/dashboard/dist')
 */
export async function openStaticFiles(directory: string): Promise<StaticFiles> {
  let build = await openBuild(directory)

  async function present(): Promise<Build> {
    const stamp = await stampOf(directory)
    // For a moment there is none, while a new one takes the place of the old.
    if (stamp !== undefined && stamp !== build.stamp) build = await openBuild(directory)
    return build
  }

  async function send(http: Context, path: string, from: Build): Promise<Response | undefined> {
    const accepted = http.req.header('accept-encoding') ?? ''
    const found = encodings.find(([name, suffix]) => accepted.includes(name) && from.has(path + suffix))
    const content = await from.content(found ? path + found[1] : path)
    if (!content) return undefined
    const immutable = hashed.test(path)
    const { etag } = answerOf(`${path} ${content.length} ${immutable ? '' : content.toString('base64')}`)
    const headers: Record<string, string> = {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      etag,
      ...(found && { 'content-encoding': found[0] }),
    }
    if (http.req.header('if-none-match')?.includes(etag)) return http.body(null, 304, headers)
    return http.body(content, 200, headers)
  }

  return {
    async serve(http) {
      const path = decodePath(http.req.path)
      if (path === undefined) return undefined
      const from = await present()
      if (path !== '/' && from.has(path)) return send(http, path, from)
      // A path of the page's own has no extension; what has one and is not there is missing.
      return extname(path) === '' ? send(http, INDEX, from) : undefined
    },
  }
}

async function openBuild(directory: string): Promise<Build> {
  const stamp = (await stampOf(directory)) ?? ''
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name)
        return [`/${relative(directory, file).split(sep).join('/')}`, file]
      }),
  )
  const read = new Map<string, Promise<Content | undefined>>()
  return {
    stamp,
    has: (path) => files.has(path),
    async content(path) {
      const file = files.get(path)
      if (file === undefined) return undefined
      const known = read.get(path) ?? readIfThere(file)
      read.set(path, known)
      known.catch(() => read.delete(path))
      return known
    },
  }
}

/** `undefined`: there is no page now. */
async function stampOf(directory: string): Promise<string | undefined> {
  const found = await ifThere(stat(join(directory, INDEX), { bigint: true }))
  return found && `${found.ino} ${found.mtimeNs} ${found.size}`
}

function readIfThere(file: string): Promise<Content | undefined> {
  return ifThere(readFile(file))
}

function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
