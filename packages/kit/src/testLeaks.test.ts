import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createLog } from './log.ts'
import { findLeaks } from './testLeaks.ts'

const key = randomBytes(32)
const password = 'correct horse battery'

/** What a daemon writes that has the key in it somewhere. */
function logged(value: unknown): string {
  const lines: string[] = []
  createLog({ name: 'test', stream: { write: (line) => void lines.push(line) } }).info({ value }, 'started')
  return lines.join('')
}

test.each<[string, string | Uint8Array]>([
  ['hex', `{"key":"0x${key.toString('hex')}"}`],
  ['HEX', key.toString('hex').toUpperCase()],
  ['base64', key.toString('base64')],
  ['base64', Buffer.concat([Buffer.from('x'), key, Buffer.from('tail')]).toString('base64')],
  ['base64', Buffer.concat([Buffer.from('xy'), key, Buffer.from('l')]).toString('base64')],
  ['base64url', Buffer.concat([Buffer.from('xyz'), key]).toString('base64url')],
  ['an object of numbers', logged(new Uint8Array(key))],
  ['numbers', JSON.stringify(key)],
  ['spaced hex', inspect(key)],
  ['it is', Buffer.concat([Buffer.from('before'), key, Buffer.from('after')])],
])('a key that is written as %s is found', (way, content) => {
  const { leaks } = findLeaks({ 'the key': key, password }, { texts: { 'what was said': content } })
  expect(leaks).toHaveLength(1)
  // Some bytes make the same text in both alphabets.
  expect(leaks[0]).toMatch(new RegExp(`^the key as ${way.replace('url', '(url)?')} in what was said$`))
})

test('files are looked through wherever they lie, links and what is skipped are not', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tender-leaks-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'state/deep'), { recursive: true })
  writeFileSync(join(directory, 'state/deep/provider.log'), `starts with ${password}!`)
  writeFileSync(join(directory, 'own.password'), password)
  writeFileSync(join(directory, 'harmless'), 'correct horse')
  symlinkSync(join(directory, 'own.password'), join(directory, 'link'))
  const skipped = (path: string) => path.endsWith('.password')
  expect(findLeaks({ password }, { directories: [directory], skipped })).toEqual({
    leaks: ['password as it is in state/deep/provider.log'],
    places: 2,
    bytes: `starts with ${password}!`.length + 'correct horse'.length,
  })
})

test('what is too short to be known for a secret is refused', () => {
  expect(() => findLeaks({ pin: '1234' }, {})).toThrow('4 bytes')
})
