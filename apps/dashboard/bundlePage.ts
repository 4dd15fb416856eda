/** Bundles the page and compresses its files: `node bundlePage.ts DIRECTORY`. Run by `buildDashboard`. */
import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build } from 'vite'

const [outDir] = process.argv.slice(2)
if (outDir === undefined) throw new Error('run by buildDashboard, which says where to')
await build({
  configFile: join(import.meta.dirname, 'vite.config.ts'),
  configLoader: 'native',
  logLevel: 'warn',
  build: { outDir, emptyOutDir: true },
})
await compressAll(outDir)

async function compressAll(directory: string): Promise<void> {
  const files: string[] = []
  for await (const entry of glob('**/*.{js,css,html,svg,json,txt}', { cwd: directory, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  }
  await Promise.all(files.map(compress))
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file)
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 }
  await Promise.all([
    promisify(brotliCompress)(content, { params: quality }).then((bytes) => writeFile(`${file}.br`, bytes)),
    promisify(gzip)(content, { level: 9 }).then((bytes) => writeFile(`${file}.gz`, bytes)),
  ])
}
