/**
 * Holds the rooms of docs/contributing.md apart: an import points only to a lower layer, and only to what the importing
 * workspace declares. Prints every import that does not, with what to do about it, and then exits with 1.
 *
 *   node tools/layers.ts
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** Every room and its layer. A new workspace takes its place here. */
export const layers: Readonly<Record<string, number>> = {
  contracts: 0,
  'packages/abi': 1,
  'packages/localchain': 1,
  'packages/protocol': 1,
  'packages/api': 2,
  'packages/content': 2,
  'packages/driver': 2,
  'packages/kit': 2,
  'packages/network': 2,
  'packages/sdk': 2,
  'packages/ingress': 2,
  'packages/drivers/docker': 3,
  'packages/drivers/wasm': 3,
  'packages/tenant': 3,
  'apps/dashboard': 4,
  'apps/gateway': 4,
  'apps/monitor': 4,
  'apps/provider': 4,
  'apps/relay': 4,
  'apps/cli': 5,
  bench: 6,
  chaos: 6,
  e2e: 6,
  examples: 6,
  fuzz: 6,
}

const topLayer = 6

/**
 * Entry points besides an index: a command line that only says what is wrong should not wait for zod, who runs a driver is tested
 * with the scripted one, a page has nothing of Node's (neither the disk that jobs' files lie on), and who measures a gateway fills a PostgreSQL of its own.
 */
const entryPoints: ReadonlySet<string> = new Set([
  '@tender/protocol/errors',
  '@tender/driver/fake',
  '@tender/content/browser',
  '@tender/network/browser',
  '@tender/tenant/jobs',
  '@tender/gateway/api/sampleBook',
  '@tender/gateway/temporaryPostgres',
])

/** Floors of the page (folders of `src`), the lowest first. */
const floors = ['shared', 'features', 'app']
const FEATURES = 1

type Manifest = {
  name: string
  workspaces?: string[]
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

type Room = { dir: string; layer: number; name: string; declared: Set<string>; developed: Set<string> }

export type Import = { specifier: string; line: number }

/** What a module imports, found by the shape of import statements; comments and text within a line do not count. */
export function importsOf(source: string): Import[] {
  const statement = /^[ \t]*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*(['"])([^'"\n]+)\1/gm
  const call = /\bimport\(\s*(['"])([^'"\n]+)\1\s*\)/g
  return [...source.matchAll(statement), ...source.matchAll(call)]
    .filter((match) => !isComment(source, match.index))
    .map((match) => ({ specifier: match[2] ?? '', line: lineOf(source, match.index + match[0].length) }))
}

function isComment(source: string, index: number): boolean {
  return /^\s*(\*|\/\/|\/\*)/.test(source.slice(source.lastIndexOf('\n', index - 1) + 1).slice(0, 200))
}

function lineOf(source: string, index: number): number {
  return source.slice(0, index).split('\n').length
}

/**
 * Every import below `root` that breaks a rule, one line each. `table` names the rooms' layers.
 *
 * @example
 * checkLayers('.')
 * // ['packages/kit/src/log.ts:3 imports @tender/sdk: layer 2 may not import layer 2. …']
 */
export function checkLayers(root: string, table: Readonly<Record<string, number>> = layers): string[] {
  const main = readManifest(root)
  const dirs = (main.workspaces ?? [])
    .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }))
    .map(dirname)
  const problems = dirs
    .filter((dir) => table[dir] === undefined)
    .map((dir) => `${dir} has no layer: give it one in tools/layers.ts, above everything it imports`)
  const rooms = dirs.flatMap((dir) => {
    const layer = table[dir]
    return layer === undefined ? [] : [roomOf(dir, layer, readManifest(join(root, dir)), main)]
  })
  // Tools belong to the root: they use what it declares, and no room.
  const tools: Room = { ...roomOf('tools', topLayer, main, main), declared: new Set(), developed: developedBy(main) }
  for (const room of [...rooms, tools]) {
    for (const file of sourcesOf(root, room.dir)) {
      for (const { specifier, line } of importsOf(readFileSync(join(root, file), 'utf8'))) {
        const problem = judge(specifier, join(root, file), root, room, rooms)
        if (problem) problems.push(`${file}:${line} imports ${specifier}: ${problem}`)
      }
    }
  }
  return problems.sort()
}

function readManifest(dir: string): Manifest {
  // CAST: npm itself reads these files and refuses others.
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest
}

function roomOf(dir: string, layer: number, manifest: Manifest, main: Manifest): Room {
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  return {
    dir,
    layer,
    name: manifest.name,
    declared,
    developed: new Set([...developedBy(manifest), ...developedBy(main)]),
  }
}

function developedBy(manifest: Manifest): Set<string> {
  return new Set(Object.keys(manifest.devDependencies ?? {}))
}

function sourcesOf(root: string, dir: string): string[] {
  const skipped = /(^|\/)(node_modules|generated|assembly|out|cache|dist|\.dist-[^/]*)\//
  return globSync(`${dir}/**/*.{ts,tsx,mts,js,mjs}`, { cwd: root, exclude: (name) => name === 'node_modules' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !skipped.test(file) && !(dir !== 'packages' && nestedRoom(root, dir, file)))
}

/** True if a workspace within `dir` owns the file. */
function nestedRoom(root: string, dir: string, file: string): boolean {
  for (let at = dirname(file); at !== dir && at !== '.'; at = dirname(at)) {
    if (existsSync(join(root, at, 'package.json'))) return true
  }
  return false
}

function judge(specifier: string, file: string, root: string, room: Room, rooms: readonly Room[]): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  if (specifier.startsWith('.')) return judgeRelative(specifier, file, root, room)
  const name = packageOf(specifier)
  if (builtinModules.includes(name)) return `write node:${specifier}, so that nobody takes it for a package`
  const target = rooms.find((other) => other.name === name)
  return target ? judgeRoom(specifier, file, room, target) : judgePackage(name, file, room)
}

function judgeRelative(specifier: string, file: string, root: string, room: Room): string | undefined {
  const path = relative(join(root, room.dir), resolve(dirname(file), specifier))
  const fromTools = relative(join(root, 'tools'), resolve(dirname(file), specifier))
  // What is run and never imported may share the tools.
  if (room.layer === topLayer && !fromTools.startsWith('..')) return undefined
  if (!path.startsWith('..')) {
    if (isTest(specifier) && !isTest(file)) return 'only tests import what tests share'
    return judgeFloor(relative(join(root, room.dir), file), path)
  }
  return `a relative import stays within its workspace (${room.dir}). Import @tender/<name>, and declare it in package.json`
}

/** Within the page: `src/app` may import all, a feature itself and what is shared, what is shared nothing but that. */
function judgeFloor(from: string, to: string): string | undefined {
  const [fromFloor, fromFeature] = floorOf(from)
  const [toFloor, toFeature] = floorOf(to)
  if (fromFloor < toFloor) return `${floors[fromFloor]} may not import ${floors[toFloor]}. Pass it in, or move it down`
  if (fromFloor === FEATURES && toFloor === FEATURES && fromFeature !== toFeature)
    return 'a feature imports no other feature. Move what both need to src/shared'
  return undefined
}

/** The floor of a file, and its folder there. What lies on no floor, such as `src/main.tsx`, is above all of them. */
function floorOf(file: string): [floor: number, folder: string | undefined] {
  const [src, name = '', folder] = file.split(sep)
  const floor = src === 'src' ? floors.indexOf(name) : -1
  return [floor < 0 ? floors.length : floor, folder]
}

function judgeRoom(specifier: string, file: string, room: Room, target: Room): string | undefined {
  if (target === room) return 'a workspace imports its own files by relative path'
  if (target.layer >= room.layer) {
    return `layer ${room.layer} may not import layer ${target.layer}. Move what both need to a lower layer, or pass it in as a parameter`
  }
  const shared = isTest(`${specifier}.ts`) && (isTest(file) || room.layer === topLayer)
  if (specifier !== target.name && !shared && !entryPoints.has(specifier))
    return `import what ${target.name} exports from its index, or export it there`
  return judgePackage(target.name, file, room)
}

function judgePackage(name: string, file: string, room: Room): string | undefined {
  if (room.declared.has(name)) return undefined
  // Rooms of the top layer are run, never imported: all of them is development.
  if ((room.layer === topLayer || isTest(file)) && room.developed.has(name)) return undefined
  if (room.developed.has(name))
    return 'only tests import devDependencies. Declare it under "dependencies" if it is needed to run'
  return `${room.dir || 'the root'}/package.json does not declare it. It works here by chance and fails elsewhere: add it there`
}

/** True for tests, and for what they share: `testMarket.ts`, an interface's `conformance.ts`. */
function isTest(file: string): boolean {
  return /\.test\.tsx?$|(^|[\\/])(test[A-Z]\w*|conformance)\.ts$/.test(file) && !/[\\/]generated[\\/]/.test(file)
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

if (import.meta.main) {
  const problems = checkLayers(join(import.meta.dirname, '..'))
  for (const problem of problems) console.error(problem)
  console.log(problems.length === 0 ? 'every import points down' : `${problems.length} imports break the layers`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
