import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type Header, pack } from 'tar-stream'
import { architecture } from './images.ts'

export type TestFile = Partial<Header> & { name: string; content?: string | Buffer }

export type TestImage = {
  /** Beside busybox. */
  files?: readonly TestFile[]
  /** More of the image's configuration, e.g. `{ User: 'web' }`. */
  config?: Record<string, unknown>
  /** The names that it gives itself. */
  tags?: readonly string[]
  architecture?: string
}

const BUSYBOX = '/bin/busybox'
const APPLETS = [
  'sh',
  'cat',
  'echo',
  'sleep',
  'true',
  'false',
  'yes',
  'httpd',
  'kill',
  'id',
  'ls',
  'wget',
  'nslookup',
  'test',
  'printf',
  'touch',
  'mkdir',
  'ln',
  'tar',
  'env',
  'ps',
  'date',
  'dd',
  'rm',
  'mv',
]

/** Writes an image as `docker save` does, with busybox and its applets in /bin. Gives its path. */
export async function writeTestImage(folder: string, name: string, image: TestImage = {}): Promise<string> {
  const path = join(folder, `${name}.tar`)
  writeFileSync(path, await imageTar(await layerOf(image.files ?? []), image))
  return path
}

/** A layer of an image. */
export async function layerOf(files: readonly TestFile[]): Promise<Buffer> {
  const folders = ['bin', 'etc', 'tmp', 'data', 'www'].map(
    (name): TestFile => ({ name, type: 'directory', mode: 0o755 }),
  )
  const links = APPLETS.map((name): TestFile => ({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' }))
  const users = 'root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n'
  return tarOf([
    ...folders,
    { name: 'bin/busybox', mode: 0o755, content: readFileSync(BUSYBOX) },
    ...links,
    { name: 'etc/passwd', content: users },
    { name: 'etc/group', content: 'root:x:0:\nweb:x:1000:\n' },
    ...files,
  ])
}

/** The same layers and configuration give the same image. */
export function imageTar(layer: Buffer, { config = {}, tags = [], ...image }: TestImage): Promise<Buffer> {
  const digest = sha256(layer)
  const description = JSON.stringify({
    architecture: image.architecture ?? architecture,
    os: 'linux',
    config: { Env: ['PATH=/bin'], Cmd: ['sh'], ...config },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created_by: 'test' }],
  })
  const id = sha256(Buffer.from(description))
  const manifest = [{ Config: `${id}.json`, RepoTags: tags, Layers: [`${digest}/layer.tar`] }]
  return tarOf([
    { name: `${digest}/layer.tar`, content: layer },
    { name: `${id}.json`, content: description },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ])
}

/** A tar of these files. */
export function tarOf(files: readonly TestFile[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...given } of files) {
    const header = { mtime: new Date(0), ...given }
    if (header.type !== undefined && header.type !== 'file') tar.entry(header)
    else tar.entry(header, content ?? '')
  }
  tar.finalize()
  // CAST: the tar's own type of stream is one that can be iterated
  return buffer(tar as AsyncIterable<Buffer>)
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
