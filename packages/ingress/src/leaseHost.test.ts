import { expect, test } from 'vitest'
import { parseLeaseHost, serviceLabel } from './leaseHost.ts'

test.each([
  ['r45gk2abcdef', { label: 'r45gk2abcdef' }],
  ['r45gk2abcdef.example.org', { label: 'r45gk2abcdef' }],
  ['api-r45gk2abcdef.example.org', { label: 'r45gk2abcdef', service: 'api' }],
  ['my-api-v2-r45gk2abcdef.x', { label: 'r45gk2abcdef', service: 'my-api-v2' }],
  ['-r45gk2abcdef.x', { label: '-r45gk2abcdef' }],
  ['short.x', { label: 'short' }],
  ['', { label: '' }],
])('%s', (host, parsed) => {
  expect(parseLeaseHost(host)).toEqual(parsed)
})

test.each([
  ['web', 'web'],
  ['My_API.v2', 'my-api-v2'],
  ['..', 'x'],
  ['a'.repeat(63), 'a'.repeat(50)],
])('service %s is %s', (name, label) => {
  expect(serviceLabel(name)).toBe(label)
  expect(parseLeaseHost(`${label}-r45gk2abcdef.x`)).toEqual({ label: 'r45gk2abcdef', service: label })
})
