/** Where in a YAML text somebody is writing. */
export type YamlPlace = {
  /** Keys above; an item of a list is a number. */
  path: (string | number)[]
  /** The key whose value is being written; absent while a key is. */
  key?: string
  /** What stands of the word so far. */
  word: string
  /** Keys that stand beside it already. */
  siblings: string[]
}

type Line = { indent: number; key: string | undefined; item: boolean }

const keyPattern = /^(\s*)((?:-\s+)*)(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_.$/-]+))\s*:(?=\s|$)/

function readLine(text: string): Line | undefined {
  if (/^\s*(#.*)?$/.test(text)) return undefined
  const item = /^\s*-(\s|$)/.test(text)
  const key = keyPattern.exec(text)
  const indent = key ? (key[1] ?? '').length + (key[2] ?? '').length : text.length - text.trimStart().length
  return { indent, key: key ? (key[3] ?? key[4] ?? key[5]) : undefined, item }
}

/**
 * Finds by indentation where `offset` is in a YAML text in block style, also in one that cannot be parsed yet. In flow style
 * (`{ a: 1 }`) it knows the line's first key only.
 *
 * @example
 * yamlPlaceAt('services:\n  web:\n    im', 23) // { path: ['services', 'web'], word: 'im', siblings: [] }
 */
export function yamlPlaceAt(text: string, offset: number): YamlPlace {
  const before = text.slice(0, offset).split('\n')
  const current = before.at(-1) ?? ''
  const written = keyPattern.exec(current)
  const above = before.slice(0, -1)
  if (written) {
    const word = current.slice(current.indexOf(':', written[0].length - 1) + 1).trimStart()
    const indent = readLine(current)?.indent ?? 0
    const key = written[3] ?? written[4] ?? written[5] ?? ''
    return { path: pathAbove(above, indent, startsItem(current)), key, word, siblings: [] }
  }
  const word = current.replace(/^\s*(-\s+)*/, '').replace(/^-$/, '')
  const indent = current.length - word.length
  const path = pathAbove(above, indent, startsItem(current))
  return { path, word, siblings: siblingsOf(text.split('\n'), before.length - 1, indent) }
}

function startsItem(line: string): boolean {
  return /^\s*-(\s|$)/.test(line)
}

function pathAbove(lines: readonly string[], indent: number, item: boolean): (string | number)[] {
  const path: (string | number)[] = item ? [0] : []
  let level = indent
  let inItem = item
  for (const text of lines.toReversed()) {
    const line = readLine(text)
    if (!line) continue
    const own = text.length - text.trimStart().length
    // The first key of an item stands after its dash: what is written under it is beside it.
    if (line.item && line.indent === level && own < level && !inItem) {
      path.unshift(0)
      level = own
      inItem = true
      continue
    }
    const isParent = inItem ? !line.item && line.indent <= level : line.indent < level
    if (!isParent || line.key === undefined) continue
    path.unshift(line.key)
    level = line.indent
    inItem = false
    if (level === 0) break
    if (line.item) {
      path.unshift(0)
      level = own
      inItem = true
    }
  }
  return path
}

/** Keys of the same indentation in the same block. */
function siblingsOf(lines: readonly string[], at: number, indent: number): string[] {
  const keys: string[] = []
  for (const step of [-1, 1]) {
    for (let index = at + step; index >= 0 && index < lines.length; index += step) {
      const line = readLine(lines[index] ?? '')
      if (!line) continue
      if (line.indent < indent) break
      if (line.indent === indent && line.key !== undefined) keys.push(line.key)
    }
  }
  return keys
}
