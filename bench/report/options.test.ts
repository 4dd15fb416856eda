import { InvalidInputError } from '@tender/protocol'
import { expect, test } from 'vitest'
import { describeOptions, parseOptions } from './options.ts'

const options = {
  leases: { default: 1_000, about: 'how many' },
  quick: { default: false, about: 'a short one' },
  kind: { default: '', about: 'which one' },
} as const

test('options have their defaults, and values of their kind', () => {
  expect(parseOptions([], options)).toEqual({
    json: false,
    help: false,
    values: { leases: 1_000, quick: false, kind: '' },
  })
  expect(parseOptions(['--leases', '5', '--quick', '--kind', 'pglite', '--json'], options)).toEqual({
    json: true,
    help: false,
    values: { leases: 5, quick: true, kind: 'pglite' },
  })
})

test.each([['--leases', 'many'], ['--leases', '-1'], ['--leases='], ['--quick=yes'], ['--unknown'], ['word']])(
  'refuses %s %s',
  (...args) => {
    expect(() => parseOptions(args, options)).toThrow(InvalidInputError)
  },
)

test('describes each option with its default', () => {
  expect(describeOptions({ leases: options.leases }).split('\n')[0]).toMatch(
    /^ {2}--leases 1000 +how many \(default 1000\)$/,
  )
})
