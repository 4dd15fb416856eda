import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, glob, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'

const here = import.meta.dirname
const repository = resolve(here, '../..')
const built = join(here, 'dist')

/** Far more than it takes on a busy machine. */
const BUNDLE_MS = 900_000

/** File of the built page that says from which sources it was built. */
const STAMP = 'sources.sha256'

/** Of what the page consists: its own files, and the packages of which it bundles parts. */
const sources = [
  'apps/dashboard/{src,public}/**/*',
  'apps/dashboard/*.{ts,html,json}',
  'packages/{api,network,protocol,sdk,tenant,abi}/{package.json,src/**/*.{ts,json}}',
  'examples/*/{compose.yaml,*.wasm}',
  'package-lock.json',
]

/**
 * Builds the page unless that was done already from these very sources. Safe to call from several processes at once: each
 * builds aside, and the last one in place wins. Beside each text file lies it compressed, as `.br` and `.gz`.
 *
 * @returns the directory with `index.html`
 * @example
 * const directory = await buildDashboard()
 * // '/home/ann/tender/apps/dashboard/dist'
 */
export function buildDashboard(): Promise<string> {
  running ??= buildIfChanged().finally(() => {
    running = undefined
  })
  return running
}

/** Who asks while this process builds waits for the same. */
let running: Promise<string> | undefined

async function buildIfChanged(): Promise<string> {
  const hash = await hashSources()
  if ((await builtFrom()) === hash) return built
  const aside = await mkdtemp(join(here, '.dist-'))
  try {
    // Made for its maker alone; the page is for whoever serves it.
    await chmod(aside, 0o755)
    await bundle(aside)
    await writeFile(join(aside, STAMP), hash)
    await putInPlace(aside, hash)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  return built
}

/** In a process of its own: a bundler keeps hundreds of megabytes, and who asks for a page goes on for days. */
async function bundle(outDir: string): Promise<void> {
  await promisify(execFile)(process.execPath, [join(here, 'bundlePage.ts'), outDir], {
    // Whatever this process is for, also a test: React would come with its checks for developers, twice as large.
    env: { ...process.env, NODE_ENV: 'production' },
    timeout: BUNDLE_MS,
  })
}

async function builtFrom(): Promise<string | undefined> {
  return existsSync(join(built, STAMP)) ? readFile(join(built, STAMP), 'utf8') : undefined
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256')
  const files = new Set<string>()
  for await (const entry of glob(sources, { cwd: repository, withFileTypes: true })) {
    if (entry.isFile() && !entry.name.endsWith('.test.ts')) files.add(join(entry.parentPath, entry.name))
  }
  for (const file of [...files].sort()) hash.update(`${relative(repository, file)}\0`).update(await readFile(file))
  return hash.digest('hex')
}

/** A rename cannot replace a directory that has files, so the old one steps aside first. */
async function putInPlace(aside: string, hash: string): Promise<void> {
  const old = `${aside}-old`
  if (existsSync(built)) await rename(built, old)
  try {
    await rename(aside, built)
  } catch (error) {
    // Somebody else was faster; what they built is as good, if it is of the same sources.
    if ((await builtFrom()) !== hash) throw error
  } finally {
    await rm(old, { recursive: true, force: true })
  }
}
