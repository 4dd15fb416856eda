import { expect, test } from 'vitest'
import { publicUrl } from './publicPlace.ts'

test.each([
  [{ http: 80, https: 443 }, 'https://web.x.org'],
  [{ http: 80, https: 8443 }, 'https://web.x.org:8443'],
  [{ http: 80 }, 'http://web.x.org'],
  [{ http: 8080 }, 'http://web.x.org:8080'],
  [{}, undefined],
])('at %o', (ports, url) => {
  expect(publicUrl({ domain: 'x.org', ...ports }, 'web')).toBe(url)
})

test('a workload that ends TLS itself is not reached in the clear', () => {
  expect(publicUrl({ domain: 'x.org', http: 80 }, 'web', { secureOnly: true })).toBeUndefined()
  expect(publicUrl({ domain: 'x.org', https: 443 }, 'web', { secureOnly: true })).toBe('https://web.x.org')
})
