import { createHash } from 'node:crypto'

/** What an image holds. Paths are absolute; folders above them are made. */
export type ImageFile =
  | { readonly path: string; readonly mode: number; readonly content: Uint8Array | string }
  | { readonly path: string; readonly linkTo: string }

export type ImageOptions = {
  readonly files: readonly ImageFile[]
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly user?: string
  /** E.g. `shop:latest`. */
  readonly name?: string
}

/**
 * An image of one layer as `docker save` writes it, made of nothing but these files. The same files give the same bytes.
 *
 * @example
 * await writeFile('app.tar', imageTar({ files: [{ path: '/bin/app', mode: 0o755, content }], command: ['/bin/app'] }))
 */
export function imageTar({ files, environment = {}, entrypoint, command, user, name }: ImageOptions): Buffer {
  const layer = tar(withFolders(files))
  const layerId = sha256(layer)
  const config = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      ...(entrypoint && { Entrypoint: entrypoint }),
      ...(command && { Cmd: command }),
      ...(user !== undefined && { User: user }),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerId}`] },
    history: [{ created_by: 'imageTar' }],
  })
  const configName = `${sha256(config)}.json`
  const layerName = `${layerId}/layer.tar`
  const manifest = [{ Config: configName, RepoTags: name === undefined ? null : [name], Layers: [layerName] }]
  return tar([
    { path: configName, mode: 0o644, content: config },
    { path: layerName, mode: 0o644, content: layer },
    { path: 'manifest.json', mode: 0o644, content: JSON.stringify(manifest) },
  ])
}

type Entry = ImageFile | { readonly path: string; readonly folder: true }

function withFolders(files: readonly ImageFile[]): Entry[] {
  const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)))
  const inOrder = [...folders].sort().map((path): Entry => ({ path, folder: true }))
  return [...inOrder, ...files.toSorted((a, b) => (a.path < b.path ? -1 : 1))]
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

const BLOCK = 512

function tar(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(2 * BLOCK)])
}

function tarEntry(entry: Entry): Buffer[] {
  const path = entry.path.replace(/^\//, '')
  if ('folder' in entry) return [header({ name: `${path}/`, mode: 0o755, type: '5' })]
  if ('linkTo' in entry) return [header({ name: path, mode: 0o777, type: '2', link: entry.linkTo })]
  const content = Buffer.from(entry.content)
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
  return [header({ name: path, mode: entry.mode, type: '0', size: content.length }), content, padding]
}

type Header = { name: string; mode: number; type: string; size?: number; link?: string }

function header({ name, mode, type, size = 0, link = '' }: Header): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is too long a name for a tar of this kind`)
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  block.write(name, 0)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write(' '.repeat(8), 148)
  block.write(type, 156)
  block.write(link, 157)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
