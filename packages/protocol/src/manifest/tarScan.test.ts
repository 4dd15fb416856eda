import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTarScan } from './tarScan.ts'

/** A tar of files by name. */
function tar(files: Record<string, Uint8Array>): Uint8Array {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const header = new Uint8Array(512)
    const write = (text: string, at: number) => header.set(new TextEncoder().encode(text), at)
    write(name, 0)
    write(content.length.toString(8).padStart(11, '0'), 124)
    write(' '.repeat(8), 148)
    write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    return [header, content, new Uint8Array((512 - (content.length % 512)) % 512)]
  })
  return Uint8Array.from([...parts, new Uint8Array(1024)].flatMap((part) => [...part]))
}

const json = new TextEncoder().encode('[{}]')
const layer = new Uint8Array(1500).fill(9)

function scan(content: Uint8Array, pieceBytes = content.length || 1): boolean {
  const scan = createTarScan()
  for (let at = 0; at < content.length; at += pieceBytes) scan.push(content.subarray(at, at + pieceBytes))
  return scan.holdsImage()
}

test('an image is found wherever its description stands', () => {
  expect(scan(tar({ 'manifest.json': json, 'layer.tar': layer }))).toBe(true)
  expect(scan(tar({ 'layer.tar': layer, './manifest.json': json }))).toBe(true)
})

test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array()],
  ['zeros', new Uint8Array(4096)],
  ['a tar of other things', tar({ 'readme.txt': json })],
  ['one whose description is deeper', tar({ 'a/manifest.json': json })],
  ['one within one', tar({ 'inner.tar': tar({ 'manifest.json': json }) })],
  ['a text', new TextEncoder().encode('manifest.json'.repeat(100))],
  ['something after its end', Uint8Array.from([...tar({ a: json }), ...tar({ 'manifest.json': json })])],
])('%s is no image', (_, content) => expect(scan(content)).toBe(false))

describe('in pieces', () => {
  test('of any size it finds the same', () => {
    const files = fc.dictionary(
      fc.constantFrom('manifest.json', 'a', 'b/c', 'index.json'),
      fc.uint8Array({ maxLength: 1200 }),
    )
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 700 }), (files, pieceBytes) => {
        expect(scan(tar(files), pieceBytes)).toBe('manifest.json' in files)
      }),
      { numRuns: 50 },
    )
  })

  test('whatever comes, it goes on', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 })), (pieces) => {
        const scan = createTarScan()
        for (const piece of pieces) scan.push(piece)
        expect(scan.holdsImage()).toBe(false)
      }),
    )
  })

  test('a header that was changed spoils the whole', () => {
    const good = tar({ 'manifest.json': json, b: json })
    good[1024 + 3] = 7
    expect(scan(good)).toBe(false)
  })
})
