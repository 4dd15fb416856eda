import type { ParsedCompose } from '@tender/protocol'
import { expect, test } from 'vitest'
import { readCompose } from './composeIssues.ts'
import { missingOf, needsOf, secretKey, unitsOf } from './needs.ts'
import { templates } from './templates.ts'

function parsedExample(id: string): ParsedCompose {
  const { parsed } = readCompose(templates.find((template) => template.id === id)?.compose ?? '')
  if (!parsed) throw new Error('the example is broken')
  return parsed
}

test('a module is asked for, and no more once it is given', () => {
  const hello = parsedExample('hello')
  expect(needsOf(hello, new Map(), new Map())).toEqual([
    { kind: 'file', role: 'image', path: './hello.wasm', required: true, given: undefined },
  ])
  const given = needsOf(hello, new Map([['./hello.wasm', new Uint8Array(9)]]), new Map())
  expect(missingOf(given)).toEqual([])
})

test('an image and a secret of three containers are asked for', () => {
  const shop = parsedExample('shop')
  const values = new Map([[secretKey('db-password'), new Uint8Array(3)]])
  expect(missingOf(needsOf(shop, new Map(), new Map())).map(({ kind }) => kind)).toEqual(['file', 'secret'])
  expect(missingOf(needsOf(shop, new Map(), values)).map(({ kind }) => kind)).toEqual(['file'])
})

test('units follow the largest need', () => {
  expect(unitsOf(parsedExample('hello'), new Map())).toBe(1)
  const large = new Map([['./app.tar', new Uint8Array(0)]])
  expect(unitsOf(parsedExample('shop'), large)).toBe(1)
})
