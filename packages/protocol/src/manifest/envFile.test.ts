import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import { parseEnvFile } from './envFile.ts'

test.each<[string, string, Record<string, string>]>([
  ['nothing', '', {}],
  ['comments and empty lines', '# A=1\n\n   \n  # B=2', {}],
  ['plain values', 'A=1\nB = x y \r\nC=\nD=a#b\nE=a # b\n', { A: '1', B: 'x y', C: '', D: 'a#b', E: 'a' }],
  ['export', 'export A=1\n\texport B=2', { A: '1', B: '2' }],
  ['a colon', 'A: 1', { A: '1' }],
  ['a value with =', 'A=b=c', { A: 'b=c' }],
  ['single quotes', `A='$HOME \\n "x"' # c`, { A: '$HOME \\n "x"' }],
  ['double quotes', 'A="a\\tb\\n\\"c\\" \\$HOME \\\\ \\x"', { A: 'a\tb\n"c" $HOME \\ \\x' }],
  ['quotes over lines', `A='one\ntwo'\nB="x\ny"\nC=3`, { A: 'one\ntwo', B: 'x\ny', C: '3' }],
  ['quotes within', `A=it's`, { A: "it's" }],
  ['the last of two', 'A=1\nA=2', { A: '2' }],
  ['a dollar that begins nothing', 'A=5$\nB=$ 5', { A: '5$', B: '$ 5' }],
  ['a byte order mark', '\ufeffA=1', { A: '1' }],
])('%s', (_, text, variables) => expect(parseEnvFile(text, 'a.env')).toEqual(variables))

test.each<[string, string, number, RegExp]>([
  ['a name alone', 'A=1\nB', 2, /B must have a value/],
  ['an exported name alone', 'export B', 1, /B must have a value/],
  ['a bad name', '\n1A=2', 2, /"1A" is not a variable's name/],
  ['a prototype', '__proto__=2', 1, /is not a variable's name/],
  ['a variable', 'A=1\nB=$HOME/x', 2, /B holds a variable/],
  ['a variable in quotes', `B="a $\{HOME}"`, 1, /B holds a variable/],
  ['an open quote', 'A="x\nB=1', 1, /the quote of A is left open/],
  ['an open single quote', "A='x", 1, /the quote of A is left open/],
  ['something after quotes', 'X="a\nb"\nA="x" y', 3, /something follows the quotes of A/],
])('%s is refused with its line', (_, text, line, reason) => {
  try {
    parseEnvFile(text, 'a.env')
    expect.unreachable()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    expect(error.issues).toEqual([{ file: 'a.env', line, message: expect.stringMatching(reason) }])
  }
})

test('what is quoted comes back, whatever it holds', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (values) => {
      const variables = Object.fromEntries(values.map((value, index) => [`V${index}`, value.replaceAll('\r\n', '\n')]))
      const text = Object.entries(variables).map(
        ([name, value]) => `${name}="${value.replace(/["\\$]/g, '\\$&')}" # ${name}`,
      )
      expect(parseEnvFile(text.join('\n'), 'a.env')).toEqual(variables)
    }),
  )
})

test('whatever the text, it is understood or refused as bad input', () => {
  const piece = fc.constantFrom('A', '=', ':', '"', "'", '\\', '\n', '#', ' ', '$', '{', 'export ', '\r\n')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 40 }).map((list) => list.join('')),
      ),
      (text) => {
        try {
          parseEnvFile(text, 'a.env')
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError)
        }
      },
    ),
    { numRuns: 500 },
  )
})
