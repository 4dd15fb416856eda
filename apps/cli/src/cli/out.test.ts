import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createOut, toJson } from './out.ts'
import { printTable } from './table.ts'

function printed(isTTY: boolean, colours = false) {
  const stream = new PassThrough()
  const out = createOut({ stream, isTTY, colours, columns: 20 })
  return { out, text: () => String(stream.read() ?? '') }
}

test('a status is the last line of a terminal, and gone when the next line comes', () => {
  const { out, text } = printed(true)
  out.status('taking bids')
  out.status('a status that is longer than the terminal is wide')
  out.line('done')
  out.status(undefined)
  expect(text()).toBe('taking bids\r\x1b[2Ka status that is lo\r\x1b[2Kdone\n')
})

test('what is no terminal gets lines only, without colours', () => {
  const { out, text } = printed(false)
  out.status('taking bids')
  out.line(out.paint('red', 'done'))
  expect(text()).toBe('done\n')
})

test('what others wrote cannot command the terminal', () => {
  const { out, text } = printed(true, true)
  out.line(`${out.paint('green', 'ok')} \x1b]0;title\x07 \x1b[2J \x1b[31mred \x9b2J \r\x08 a\tb`)
  expect(text()).toBe('\x1b[32mok\x1b[39m ]0;title [2J \x1b[31mred 2J  a\tb\n')
})

test('amounts are decimal strings in JSON', () => {
  expect(toJson({ amount: 2n ** 96n, list: [1n], none: undefined })).toBe(
    '{"amount":"79228162514264337593543950336","list":["1"]}',
  )
})

test('columns are as wide as their widest cell', () => {
  const { out, text } = printed(false)
  printTable(
    out,
    ['A', 'LONG'],
    [
      ['value', 'x'],
      ['', 'y'],
    ],
  )
  expect(text()).toBe('A      LONG\nvalue  x\n       y\n')
})
