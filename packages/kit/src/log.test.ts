import { TenderError } from '@tender/protocol'
import { expect, test } from 'vitest'
import { createLog, type LogLevel } from './log.ts'

function record(level?: LogLevel) {
  const lines: string[] = []
  const log = createLog({ name: 'test', ...(level && { level }), stream: { write: (line) => void lines.push(line) } })
  return { log, lines }
}

test('writes one JSON object a line', () => {
  const { log, lines } = record()
  log.info({ leaseId: '0xab', rate: 2n ** 70n, terms: { prices: [1n] } }, 'lease opened')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    name: 'test',
    leaseId: '0xab',
    rate: '1180591620717411303424',
    terms: { prices: ['1'] },
    msg: 'lease opened',
  })
})

test('keeps secrets out, also below the top and in child loggers', () => {
  const { log, lines } = record()
  log.info({ privateKey: 'hush', a: { password: 'hush', b: { mnemonic: 'hush', c: { token: 'hush' } } } }, 'x')
  log.child({ passphrase: 'hush' }).warn({ request: { authorization: 'hush' } }, 'x')
  expect(lines).toHaveLength(2)
  expect(lines.join('')).not.toContain('hush')
  expect(lines.join('').match(/\[secret\]/g)).toHaveLength(6)
})

test('tells an error with its code and its causes', () => {
  const { log, lines } = record()
  const error = new TenderError('outer', { code: 'outer', class: 'chain', cause: new Error('inner') })
  log.error({ error }, 'failed')
  const { error: told } = JSON.parse(lines[0] ?? '')
  expect(told).toMatchObject({ message: 'outer', code: 'outer', class: 'chain', cause: { message: 'inner' } })
  expect(told.stack).toContain('log.test.ts')
})

test('leaves out what is below its level', () => {
  const { log, lines } = record('warn')
  log.info('no')
  log.warn('yes')
  expect(lines).toHaveLength(1)
})
