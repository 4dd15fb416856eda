import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { safeTar, scanImage, splitOutput } from '@tender/driver-docker/testParsers'
import { cgiEnvironment, createLines, parseCgiResponse } from '@tender/driver-wasm/testParsers'
import { createTarScan } from '@tender/protocol'
import { type Header, pack } from 'tar-stream'
import { attemptLater, bytesOf, must, type Target } from '../target.ts'
import { jsonOf, textsOf } from './manifests.ts'

const never = new AbortController().signal

const cgi: Target = {
  name: 'cgi',
  format: 'bytes',
  maxBytes: 80 * 1024,
  code: ['packages/drivers/wasm/src/child/cgi.ts'],
  words: ['Status: 404 Not Found\r\n', 'Location: /x\n', '\r\n\r\n', 'Transfer-Encoding: chunked\n', ': '],
  seeds: () =>
    ['Content-Type: text/plain\r\n\r\nhello', 'Status: 404 Not Found\nLocation: /a\n\nbody', '\n\n'].map(bytesOf),
  run(input) {
    const answer = parseCgiResponse(input)
    if (typeof answer === 'string') return false
    must(
      Number.isInteger(answer.status) && answer.status >= 200 && answer.status <= 599,
      `the status ${answer.status} was taken`,
    )
    const names = answer.headers.map(([name]) => name)
    must(
      !names.some((name) => /^(connection|content-length|transfer-encoding|upgrade)$/.test(name)),
      'it frames its own answer',
    )
    for (const [name, value] of answer.headers) must(!/[\r\n\0]/.test(name + value), 'a header holds another')
    must(answer.body.length < input.length, 'the body is longer than the answer')
    return true
  },
}

/** What a visitor asks, as a program finds it in its environment. */
const cgiRequest: Target = {
  name: 'cgi-request',
  format: 'json',
  maxBytes: 8 * 1024,
  code: ['packages/drivers/wasm/src/child/cgi.ts'],
  seeds: () => [
    bytesOf(JSON.stringify(['GET', '/a?b=c', 'host', 'x.org', 'content-type', 'a/b', 'x-y', '1', 'proxy', 'z'])),
  ],
  run(input) {
    const [method = 'GET', url = '/', ...pairs] = textsOf(jsonOf(input)?.value)
    const headers: Record<string, string> = {}
    // Node gives no other names and values than these.
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const [name = '', value = ''] = [pairs[at]?.toLowerCase(), pairs[at + 1]]
      if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !/[\r\n\0]/.test(value)) Object.assign(headers, { [name]: value })
    }
    const variables = cgiEnvironment({ method, url, headers, bodyBytes: 1, environment: { HTTP_PROXY: 'ours' } })
    const proxies = variables.filter((variable) => /^HTTP_PROXY=/i.test(variable))
    must(proxies.length === 1 && proxies[0] === 'HTTP_PROXY=ours', 'a visitor sets HTTP_PROXY')
    return pairs.length > 0
  },
}

const log: Target = {
  name: 'log',
  format: 'bytes',
  maxBytes: 64 * 1024,
  code: ['packages/drivers/wasm/src/child/lines.ts', 'packages/drivers/docker/src/splitOutput.ts'],
  seeds: () => [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 3, 97, 10, 98, 2, 0, 0, 0, 0, 0, 0, 1, 99), bytesOf('a\nb\r\nc')],
  async run(input) {
    let letters = 0
    const lines = createLines((_, text) => {
      must(text.length <= 16_384, 'a line is longer than lines are')
      letters += text.length
    })
    for (let at = 0; at < input.length; at += 100)
      lines.write(at % 3 ? 'stdout' : 'stderr', input.subarray(at, at + 100))
    lines.close()
    must(letters <= input.length, 'there is more text than bytes')
    const [out, err] = [new PassThrough().resume(), new PassThrough().resume()]
    await splitOutput(Readable.from([Buffer.from(input)]), out, err)
    return true
  },
}

type Entry = Partial<Header> & { name: string; content?: Uint8Array }

async function tarOf(entries: readonly Entry[]): Promise<Uint8Array> {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, Buffer.from(content ?? []))
  tar.finalize()
  return new Uint8Array(Buffer.concat(await Readable.from(tar).toArray()))
}

async function images(): Promise<Uint8Array[]> {
  const layer = await tarOf([
    { name: 'bin/', type: 'directory' },
    { name: 'bin/sh', content: bytesOf('x') },
    { name: 'lib', type: 'symlink', linkname: 'bin' },
  ])
  const image = (packed: Uint8Array) =>
    tarOf([
      { name: 'manifest.json', content: bytesOf('[{"Config":"config.json","Layers":["layer.tar"]}]') },
      { name: 'config.json', content: bytesOf('{}') },
      { name: 'layer.tar', content: packed },
    ])
  return [await image(layer), await image(gzipSync(layer))]
}

const tarScan: Target = {
  name: 'tar-scan',
  format: 'bytes',
  maxBytes: 16 * 1024,
  code: ['packages/protocol/src/manifest/tarScan.ts'],
  seeds: images,
  run(input) {
    const [whole, pieces] = [createTarScan(), createTarScan()]
    whole.push(input)
    for (let at = 0; at < input.length; at += 333) pieces.push(input.subarray(at, at + 333))
    must(whole.holdsImage() === pieces.holdsImage(), 'pieces are read otherwise than the whole')
    return whole.holdsImage()
  },
}

const dir = mkdtempSync(join(tmpdir(), 'tender-fuzz-'))
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))

const image: Target = {
  name: 'image',
  format: 'bytes',
  maxBytes: 16 * 1024,
  code: ['packages/drivers/docker/src/scanImage.ts'],
  words: ['manifest.json', 'repositories', 'ustar', 'GNU.sparse.major', 'layer.tar'],
  seeds: images,
  async run(input) {
    const path = join(dir, 'image.tar')
    writeFileSync(path, input)
    const scanned = await attemptLater(() => scanImage(path, { bytes: 256 * 1024, entries: 50 }, never))
    if (scanned) must(/^sha256:[0-9a-f]{64}$/.test(scanned.value.id), 'an image without a digest was taken')
    return scanned !== undefined
  },
}

const upload: Target = {
  name: 'upload-tar',
  format: 'bytes',
  maxBytes: 16 * 1024,
  code: ['packages/drivers/docker/src/safeTar.ts'],
  words: ['../', '/../', 'ustar', '\0'],
  seeds: async () => [
    await tarOf([
      { name: 'a/', type: 'directory' },
      { name: 'a/b', content: bytesOf('hello'), mode: 0o6755 },
      { name: 'c', type: 'symlink', linkname: '../x' },
      { name: 'd', type: 'link', linkname: 'a/b' },
      { name: 'e', type: 'fifo' },
    ]),
  ],
  async run(input) {
    const made = await attemptLater(() => safeTar(Readable.from([Buffer.from(input)]), { uid: 7, gid: 8 }).toArray())
    return made !== undefined
  },
}

export const driverTargets = [cgi, cgiRequest, log, tarScan, image, upload]
