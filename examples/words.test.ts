import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blobFacts, buildManifest, parseComposeFile } from '@tender/protocol'
import { expect, test } from 'vitest'
import { wordsImage } from './words/build.ts'

// It is run in e2e/containerJobs.test.ts.

const image = wordsImage()

test('its image is one, and the same each time it is built', () => {
  expect(blobFacts(image).holdsImage).toBe(true)
  expect(image.equals(wordsImage())).toBe(true)
})

test('each text is a task', () => {
  const file = join(import.meta.dirname, 'words/job.yaml')
  const parsed = parseComposeFile(readFileSync(file, 'utf8'), { file })
  const { manifest } = buildManifest(parsed, {
    images: new Map([['./words.tar', blobFacts(image)]]),
    salt: `0x${'5a'.repeat(32)}`,
    job: { inputFiles: ['b.txt', 'd.txt', 'note.md', 'a.txt', 'c.txt'], asset: { symbol: 'USDC', decimals: 6 } },
  })
  expect(manifest.brief).toMatchObject({ driver: 'docker', resource: 'cu', units: 1 })
  expect(manifest.job?.tasks).toEqual(['a.txt', 'b.txt', 'c.txt', 'd.txt'])
})
