import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import { type InputIssue, InvalidInputError } from '../errors.ts'

/** A path into a YAML value: keys and indices. */
export type YamlPath = readonly PropertyKey[]

/** A YAML file's value, and where its parts stand. */
export type YamlFile = {
  value: unknown
  /** An issue at a key or item; if the file lacks it, at the nearest one above. */
  issueAt: (path: YamlPath, message: string) => InputIssue
}

/** Largest file read; a Compose file is a few kilobytes. */
export const MAX_COMPOSE_BYTES = 256 * 1024

/** Most levels of maps and lists; a Compose file has six or so. */
const MAX_DEPTH = 64

/** Most times that aliases may multiply the file's nodes: a file must not explode in memory. */
const MAX_ALIASES = 100

/**
 * Reads YAML 1.2 with merge keys, as Compose does.
 *
 * @throws {InvalidInputError} with every syntax error and its line and column.
 */
export function readYaml(text: string, file: string): YamlFile {
  if (text.length > MAX_COMPOSE_BYTES) {
    throw new InvalidInputError(`${file} is too large`, [{ file, message: `the most is ${MAX_COMPOSE_BYTES} bytes` }])
  }
  return withinStack(file, () => readDocument(text, file))
}

function readDocument(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'error' })
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    const issues = faults.map(({ message, pos }) => ({ file, message: firstLine(message), ...place(lines, pos[0]) }))
    throw new InvalidInputError(`${file} is not valid YAML`, issues, { code: 'malformedYaml' })
  }
  keepModes(document)
  const hidden = hiddenKeys(document).map((offset) => ({
    file,
    message: '__proto__ cannot be a key',
    ...place(lines, offset),
  }))
  if (hidden.length > 0) throw new InvalidInputError(`${file} cannot be used`, hidden)
  const value = plainValue(document, file)
  if (isDeep(value)) throw tooDeep(file)
  return {
    value,
    issueAt: (path, message) => ({ file, path: path.map(String).join('.'), message, ...locate(document, lines, path) }),
  }
}

/** What reads a file follows it level by level, and so does all that is done with its value later. */
function withinStack(file: string, read: () => YamlFile): YamlFile {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(file, error)
    throw error
  }
}

function tooDeep(file: string, cause?: unknown): InvalidInputError {
  const issue = { file, message: `the most is ${MAX_DEPTH} levels of maps and lists within each other` }
  return new InvalidInputError(`${file} is nested too deeply`, [issue], { code: 'malformedYaml', cause })
}

/** Looks at each level at once: a deep value must not be followed down. Of what aliases repeat each is looked at once. */
function isDeep(value: unknown): boolean {
  let level = new Set([value])
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const next = new Set<unknown>()
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue
      for (const item of Object.values(one)) next.add(item)
    }
    if (next.size === 0) return false
    level = next
  }
  return true
}

/** A file's mode such as `0440` is octal to everybody but YAML 1.2: it is kept as it is written. */
function keepModes(document: Document): void {
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && key.value === 'mode' && isScalar(value) && value.source?.startsWith('0'))
        value.value = value.source
    },
  })
}

/** Where keys stand that JavaScript keeps for itself: whoever copies an object would drop them and say nothing. */
function hiddenKeys(document: Document): number[] {
  const offsets: number[] = []
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === '__proto__') offsets.push(key.range?.[0] ?? 0)
    },
  })
  return offsets
}

function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (cause) {
    const issue = { file, message: 'an alias is unresolved or aliases expand to too many nodes' }
    throw new InvalidInputError(`${file} is not valid YAML`, [issue], { code: 'malformedYaml', cause })
  }
}

function locate(document: Document, lines: LineCounter, path: YamlPath): { line?: number; column?: number } {
  let node: unknown = document.contents
  let offset = isNode(node) ? node.range?.[0] : undefined
  for (const step of path) {
    const next = child(document, node, step)
    if (!next) break
    offset = next.offset ?? offset
    node = next.node
  }
  return offset === undefined ? {} : place(lines, offset)
}

/** The node under a key or index, and where its key (or the item) begins. */
function child(document: Document, parent: unknown, step: PropertyKey): { node: unknown; offset?: number } | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent
  if (isSeq(node)) return itemAt(node.items[Number(step)])
  if (!isMap(node)) return undefined
  for (const { key, value } of node.items) {
    if (isScalar(key) && String(key.value) === String(step)) {
      return { node: value, ...(key.range && { offset: key.range[0] }) }
    }
  }
  for (const { value } of node.items.filter(({ key }) => isMergeKey(key))) {
    for (const source of isSeq(value) ? value.items : [value]) {
      const found = child(document, source, step)
      if (found) return found
    }
  }
  return undefined
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol' && key.value.description === '<<'
}

function itemAt(item: unknown): { node: unknown; offset?: number } | undefined {
  if (item === undefined) return undefined
  const node: Node | undefined = isPair(item) || !isNode(item) ? undefined : item
  return { node: item, ...(node?.range && { offset: node.range[0] }) }
}

function place(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message
}
