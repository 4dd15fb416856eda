import { hostLabel } from '@tender/ingress'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { leaseUrl } from './leaseUrl.ts'

const lease: Hex = `0x${'77'.repeat(32)}`
const label = hostLabel(lease)

test.each([
  `http://${label}.localhost:8546`,
  `https://${label}.compute.example.org`,
  `https://${label.toUpperCase()}.compute.example.org/`,
])('%s may be the lease', (url) => {
  expect(leaseUrl(url, lease)?.hostname.startsWith(label)).toBe(true)
})

test.each([
  '',
  'nothing',
  `ftp://${label}.example.org`,
  `file:///${label}.example.org`,
  `http://${label}`,
  `http://a${label}.example.org`,
  `http://example.org/${label}.example.org`,
  `http://${label}.example.org/path`,
  `http://${label}.example.org/?query`,
  `http://user@${label}.example.org`,
  `http://${label}@example.org`,
  'http://169.254.169.254',
  `http://${hostLabel(`0x${'78'.repeat(32)}`)}.example.org`,
  `http://${label}.${'a.'.repeat(300)}org`,
])('%s cannot be', (url) => {
  expect(leaseUrl(url, lease)).toBeUndefined()
})
