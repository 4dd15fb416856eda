import fc from 'fast-check'
import { type Hex, keccak256, stringToBytes } from 'viem'
import { describe, expect, test } from 'vitest'
import { type BlobFacts, blobFacts } from './blobFacts.ts'
import { buildManifest } from './buildManifest.ts'
import { canonicalJson } from './canonicalJson.ts'
import { parseComposeFile } from './composeFile.ts'
import { briefHash, joinManifestHash, type Manifest, manifestHash, manifestSchema, privateHash } from './manifest.ts'

const salt: Hex = `0x${'5a'.repeat(32)}`
const wasm = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
const images = new Map([['./a.wasm', blobFacts(wasm)]])

function build(service: string, head = '') {
  const text = `${head}services:\n  web:\n    platform: wasi/wasm\n    image: ./a.wasm\n${service}\nx-tender: { max-price: 1 USDC/h }\n`
  return buildManifest(parseComposeFile(text, { file: 'c.yaml' }), { images, salt })
}

describe('canonical JSON', () => {
  test('sorts keys by code unit, drops nothing but absent values, writes no space', () => {
    expect(canonicalJson({ b: [1, null, true], a: { é: 'x', z: '"\n', '😀': -0 }, c: undefined })).toBe(
      '{"a":{"z":"\\"\\n","é":"x","😀":0},"b":[1,null,true]}',
    )
  })

  test('refuses what has no one text', () => {
    for (const bad of [0.5, Number.NaN, 2 ** 53, '\ud800']) expect(() => canonicalJson(bad)).toThrow(TypeError)
  })

  test('is one text for one value, and the value reads back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.integer()), (value) => {
        const shuffled = Object.fromEntries(Object.entries(value).reverse())
        expect(canonicalJson(shuffled)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

describe('a manifest', () => {
  test('holds what the file says, by content and in units', () => {
    const { manifest, rounded } = build(
      '    command: [serve]\n    environment: { A: b }\n    ports: [8080]\n    deploy: { replicas: 3 }\n    cpus: 0.5\n    mem_limit: 1g',
    )
    const sha256 = '0x93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476'
    expect(manifest).toEqual({
      version: 2,
      salt,
      volumes: [],
      brief: {
        version: 2,
        driver: 'wasm',
        resource: 'cu',
        units: 2,
        cpuMillis: 1500,
        memoryBytes: 3 * 1024 ** 3,
        diskBytes: 8,
        blobBytes: 8,
        containers: 3,
        ports: [{ target: 8080, protocol: 'http' }],
      },
      services: [
        {
          name: 'web',
          image: { kind: 'blob', sha256, bytes: 8 },
          args: ['serve'],
          env: { A: 'b' },
          ports: [{ target: 8080, protocol: 'http' }],
          cpuMillis: 500,
          memoryBytes: 1024 ** 3,
          replicas: 3,
        },
      ],
    })
    expect(rounded).toBe('1.5 cores is 1.5 CU, rounded up to 2')
    expect(manifestHash(manifest)).toBe('0xbb6b8d4e1cbf3f27ff81571bad3e0b2bef0a820d1256071db18b68b582b6d503')
  })

  test('is hashed from two halves, so that the brief alone can be checked', () => {
    const { manifest } = build('')
    const halves = [briefHash(manifest.brief), privateHash(manifest)] as const
    expect(manifestHash(manifest)).toBe(joinManifestHash(...halves))
    expect(joinManifestHash(...halves)).toBe(keccak256(`0x${halves.map((half) => half.slice(2)).join('')}`))
    expect(halves[0]).toBe(keccak256(stringToBytes(canonicalJson(manifest.brief))))
  })

  test('hashes alike however the file is written', () => {
    const one =
      '    command: serve --now\n    environment: { A: 1, B: x }\n    ports: [8080]\n    mem_limit: 1g\n    cpus: 1'
    const other =
      '    cpus: "1.0"\n    deploy:\n\n      resources: { limits: { memory: 1024m } }\n    # a comment\n    ports: ["80:8080"]\n    environment:\n      - B=x\n      - "A=1"\n    entrypoint: ["serve"]\n    command: ["--now"]'
    expect(manifestHash(build(other, 'name: elsewhere\n').manifest)).toBe(manifestHash(build(one).manifest))
  })

  test('hashes alike whatever the order of keys, as map or as list', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((one) => one !== '__proto__')
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 12 })
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 6 }), fc.boolean(), (env, reverse) => {
        const entries = Object.entries(env).map(([key, text]) => [key, text.replaceAll('$', '$$$$')] as const)
        const map = entries.map(([key, text]) => `      ${JSON.stringify(key)}: ${JSON.stringify(text)}`)
        const list = entries.map(([key, text]) => `      - ${JSON.stringify(`${key}=${text}`)}`)
        if (reverse) list.reverse()
        const fromMap = build(`    environment:\n${map.join('\n')}`).manifest
        const fromList = build(`    environment:\n${list.join('\n')}`).manifest
        expect(fromMap.services[0]?.env).toEqual(env)
        expect(manifestHash(fromList)).toBe(manifestHash(fromMap))
      }),
    )
  })

  test('hashes apart if anything differs', () => {
    const { manifest } = build('')
    const service = manifest.services[0]
    if (!service) throw new Error('no service')
    const others: Manifest[] = [
      { ...manifest, salt: `0x${'5b'.repeat(32)}` },
      { ...manifest, brief: { ...manifest.brief, units: 2 } },
      { ...manifest, services: [{ ...service, args: ['x'] }] },
      { ...manifest, services: [{ ...service, env: { A: '' } }] },
      { ...manifest, services: [{ ...service, image: { kind: 'blob', sha256: `0x${'5b'.repeat(32)}`, bytes: 9 } }] },
    ]
    expect(new Set([manifest, ...others].map(manifestHash)).size).toBe(others.length + 1)
  })

  test('survives JSON', () => {
    const { manifest } = build('    ports: [80]')
    const received = manifestSchema.parse(JSON.parse(JSON.stringify(manifest)))
    expect(manifestHash(received)).toBe(manifestHash(manifest))
  })

  test.each<[string, (manifest: Manifest) => unknown]>([
    ['a foreign key', (manifest) => ({ ...manifest, extra: 1 })],
    ['another version', (manifest) => ({ ...manifest, version: 1 })],
    ['no service', (manifest) => ({ ...manifest, services: [] })],
    ['too many services', (manifest) => ({ ...manifest, services: Array(33).fill(manifest.services[0]) })],
    ['one name twice', (manifest) => ({ ...manifest, services: Array(2).fill(manifest.services[0]) })],
    ['a fraction', (manifest) => ({ ...manifest, brief: { ...manifest.brief, cpuMillis: 0.5 } })],
    ['no units', (manifest) => ({ ...manifest, brief: { ...manifest.brief, units: 0 } })],
    [
      'a huge variable',
      (manifest) => ({ ...manifest, services: [{ ...manifest.services[0], env: { A: 'x'.repeat(40_000) } }] }),
    ],
    ['half a character', (manifest) => ({ ...manifest, services: [{ ...manifest.services[0], args: ['\ud800'] }] })],
    ['a short salt', (manifest) => ({ ...manifest, salt: '0x00' })],
  ])('from a peer is refused with %s', (_, change) => {
    expect(manifestSchema.safeParse(change(build('').manifest)).success).toBe(false)
  })

  const about = (content: Uint8Array, bytes = content.length) => ({ ...blobFacts(content), bytes })
  test.each<[string, BlobFacts | undefined, RegExp]>([
    ['is missing', undefined, /c\.yaml: \.\/a\.wasm does not exist/],
    ['is empty', about(new Uint8Array()), /is not a WebAssembly module/],
    ['is something else', about(new TextEncoder().encode('#!/bin/sh')), /is not a WebAssembly module/],
    ['is too large', about(wasm, 64 * 1024 ** 2 + 1), /the most is 67108864/],
  ])('is not built if its image %s', (_, facts, reason) => {
    const parsed = parseComposeFile(
      'services:\n  web: { platform: wasi/wasm, image: ./a.wasm }\nx-tender: { max-price: 1 USDC/h }\n',
      { file: 'c.yaml' },
    )
    expect(() => buildManifest(parsed, { images: new Map(facts && [['./a.wasm', facts]]), salt })).toThrow(reason)
  })
})
