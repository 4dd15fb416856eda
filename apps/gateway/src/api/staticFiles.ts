import { readdir, readFile } from 'node:fs/promises'
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

/**
 * Serves the files of a directory, as it is now: only these names, so that no path leads anywhere else.
 *
 * @example
 * const files = await openStaticFiles('/app/dashboard/dist')
 */
export async function openStaticFiles(directory: string): Promise<StaticFiles> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name)
        return [`/${relative(directory, file).split(sep).join('/')}`, file]
      }),
  )
  const read = new Map<string, Promise<Buffer<ArrayBuffer>>>()
  const contentOf = (file: string) => {
    const known = read.get(file) ?? readFile(file)
    read.set(file, known)
    known.catch(() => read.delete(file))
    return known
  }

  async function send(http: Context, path: string): Promise<Response> {
    const accepted = http.req.header('accept-encoding') ?? ''
    const found = encodings.find(([name, suffix]) => accepted.includes(name) && files.has(path + suffix))
    const content = await contentOf(files.get(found ? path + found[1] : path) ?? '')
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
      if (path !== undefined && path !== '/' && files.has(path)) return send(http, path)
      // A path of the page's own has no extension; what has one and is not there is missing.
      if (path !== undefined && extname(path) === '' && files.has('/index.html')) return send(http, '/index.html')
      return undefined
    },
  }
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
