import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import { hasDigest, imageReference } from './imageReference.ts'
import { registryImageSchema } from './manifest.ts'

const digest = `sha256:${'ab'.repeat(32)}`

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.29-alpine', 'docker.io/library/nginx:1.29-alpine'],
  ['acme/app', 'docker.io/acme/app:latest'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['index.docker.io/acme/app:2', 'docker.io/acme/app:2'],
  ['ghcr.io/acme/group/app:2', 'ghcr.io/acme/group/app:2'],
  ['registry.example.org:5000/app', 'registry.example.org:5000/app:latest'],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  [`ghcr.io/a/b:1@${digest}`, `ghcr.io/a/b:1@${digest}`],
])('%s is %s', (written, full) => {
  expect(imageReference(written)).toBe(full)
  expect(registryImageSchema.safeParse({ kind: 'registry', reference: full }).success).toBe(true)
  expect(hasDigest(full)).toBe(written.includes('@'))
})

describe('is refused:', () => {
  test.each([
    '',
    'Nginx',
    'nginx:',
    'nginx:-1',
    'a//b',
    'a/-b',
    'nginx@sha256:12',
    `nginx@${digest}@${digest}`,
    'nginx@md5:00',
    'http://ghcr.io/a/b',
    'ghcr.io/a b',
    'localhost/app',
    'localhost:5000/app',
    '127.0.0.1/app',
    '10.0.0.1:5000/app',
    '[::1]:5000/app',
    '0x7f.1/app',
    'registry.local/app',
    'metadata.google.internal/app',
    'registry/app:5000/x',
  ])('%j', (written) => expect(() => imageReference(written)).toThrow(InvalidInputError))

  test.each(['127.0.0.1/a:1', 'localhost/a:1', '169.254.169.254/a:1', 'registry:5000/a:1', 'a.local/a:1'])(
    '%s from a peer',
    (reference) => expect(registryImageSchema.safeParse({ kind: 'registry', reference }).success).toBe(false),
  )
})

test('whatever is written is refused, or has a full name that is its own full name', () => {
  const piece = fc.constantFrom(
    'a',
    'b.c',
    'docker.io',
    'ghcr.io',
    'localhost',
    ':',
    '/',
    '@',
    '.',
    '-',
    '_',
    '1',
    digest,
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((list) => list.join('')),
      ),
      (written) => {
        try {
          const full = imageReference(written)
          expect(imageReference(full)).toBe(full)
          expect(registryImageSchema.safeParse({ kind: 'registry', reference: full }).success).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError)
        }
      },
    ),
  )
})
