import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blobFacts, buildManifest, manifestHash, parseComposeFile } from '@tender/protocol'
import { expect, test } from 'vitest'
import { shopImage } from './shop/build.ts'

const file = join(import.meta.dirname, 'shop/compose.yaml')
const parsed = parseComposeFile(readFileSync(file, 'utf8'), { file })
const image = shopImage()
const salt = `0x${'5a'.repeat(32)}` as const

test('the shop is an application that the market takes, with nothing said in vain', () => {
  expect(parsed.files).toEqual([{ role: 'image', path: './app.tar', required: true }])
  expect(parsed.secrets).toEqual({ 'db-password': { file: './db-password.txt' } })
  expect(parsed.notes).toEqual([])
  const { manifest } = build(parsed)
  expect(manifest.brief).toMatchObject({ driver: 'docker', units: 1, ports: [{ target: 8080, protocol: 'http' }] })
  expect(manifest.services.map(({ name }) => name)).toEqual(['api', 'db', 'web'])
})

test('its image is one, and the same each time it is built', () => {
  expect(blobFacts(image).holdsImage).toBe(true)
  expect(image.equals(shopImage())).toBe(true)
})

test('an update of its page changes the page alone', () => {
  const text = readFileSync(file, 'utf8').replace('Welcome to the shop.', 'Welcome back.')
  const before = build(parsed).manifest
  const after = build(parseComposeFile(text, { file })).manifest
  expect(manifestHash(after)).not.toBe(manifestHash(before))
  expect(after.brief).toEqual(before.brief)
  expect(after.services.slice(0, 2)).toEqual(before.services.slice(0, 2))
})

function build(from: typeof parsed) {
  return buildManifest(from, { images: new Map([['./app.tar', blobFacts(image)]]), salt })
}
