import { type AstNode, child, children, rangeOf, walk } from './solidityAst.ts'
import type { SolidityChange } from './solidityMutants.ts'

/** A change and the number that chooses it, from 1. */
export type Numbered = { number: number; change: SolidityChange }

/** A modifier where it is declared, with the changes of that source. */
export type DeclaredModifier = { node: AstNode; source: string; changes: readonly Numbered[] }

type Hosted = { kind: 'expression' | 'statement'; start: number; end: number; changes: Numbered[]; inner: Hosted[] }

/** Where one change can be chosen; nothing of the contracts reads it otherwise. */
const chosen = (number: number) => `block.prevrandao == ${number}`

const opens = (number: number) => `/*<${number}*/`
const closes = (number: number) => `/*${number}>*/`

/**
 * A source with all changes in it, of which `block.prevrandao` chooses at most one: compiled once, run with each number. What was
 * pure reads that number, so it is a view.
 *
 * @param modifiers the declarations that changes without a modifier are made of, by their ids
 */
export function switchedSource(
  tree: AstNode,
  source: string,
  changes: readonly Numbered[],
  modifiers: ReadonlyMap<number, DeclaredModifier>,
): string {
  const bytes = Buffer.from(source)
  const roots = nested(changes)
  const withoutModifier = changes.filter(({ change }) => change.host.kind === 'modifier')
  const edits = [
    ...editsOf(bytes, roots),
    ...withoutModifier.flatMap((one) => modifierEdits(tree, one, modifiers)),
  ].toSorted((a, b) => a.start - b.start || a.end - b.end)
  return spliced(bytes, 0, bytes.length, edits).replace(/\bpure\b/g, 'view')
}

type Edit = { start: number; end: number; text: string }

function spliced(bytes: Buffer, start: number, end: number, edits: readonly Edit[]): string {
  let at = start
  let text = ''
  for (const edit of edits) {
    text += bytes.subarray(at, edit.start).toString() + edit.text
    at = edit.end
  }
  return text + bytes.subarray(at, end).toString()
}

/** Hosts of changes, those within another one inside it. A statement encloses an expression of the same place. */
function nested(changes: readonly Numbered[]): Hosted[] {
  const byPlace = new Map<string, Hosted>()
  for (const one of changes) {
    const { kind, start, end } = one.change.host
    if (kind === 'modifier') continue
    const key = `${start}:${end}:${kind}`
    const host = byPlace.get(key) ?? {
      kind: kind === 'statement' ? 'statement' : 'expression',
      start,
      end,
      changes: [],
      inner: [],
    }
    host.changes.push(one)
    byPlace.set(key, host)
  }
  const roots: Hosted[] = []
  const open: Hosted[] = []
  const rank = (host: Hosted) => (host.kind === 'statement' ? 0 : 1)
  for (const host of [...byPlace.values()].sort((a, b) => a.start - b.start || b.end - a.end || rank(a) - rank(b))) {
    while ((open.at(-1)?.end ?? Infinity) <= host.start) open.pop()
    const around = open.at(-1)
    ;(around?.inner ?? roots).push(host)
    open.push(host)
  }
  return roots
}

/** Where a host ends: the compiler leaves a statement's semicolon out. */
function afterOf(bytes: Buffer, { kind, end }: Hosted): number {
  return kind === 'statement' ? bytes.indexOf(';', end) + 1 : end
}

function editsOf(bytes: Buffer, hosts: readonly Hosted[]): Edit[] {
  return hosts.map((host) => ({ start: host.start, end: afterOf(bytes, host), text: rendered(bytes, host) }))
}

function rendered(bytes: Buffer, { kind, start, end, changes, inner }: Hosted): string {
  const original = spliced(bytes, start, end, editsOf(bytes, inner))
  if (kind === 'statement') {
    const number = changes[0]?.number ?? 0
    // In braces of its own, or else an `else` after it would be this one's.
    return `${opens(number)}{ if (!(${chosen(number)})) { ${original}; } }${closes(number)}`
  }
  const type = changes.find(({ change }) => change.type)?.change.type
  const typed = (text: string) => (type ? `${type}(${text})` : text)
  const alternatives = changes.map(({ number, change }) => {
    const text = spliced(bytes, start, end, [{ start: change.start, end: change.end, text: change.after }])
    return `${opens(number)}${chosen(number)} ? (${typed(text)}) : ${closes(number)}`
  })
  return `(${alternatives.join('')}(${typed(original)}))`
}

/** The modifier's name made one of its own, and a copy of it that does nothing when its change is chosen. */
function modifierEdits(
  tree: AstNode,
  { number, change }: Numbered,
  modifiers: ReadonlyMap<number, DeclaredModifier>,
): Edit[] {
  const edits: Edit[] = []
  walk(tree, (node, above) => {
    if (node.nodeType !== 'ModifierInvocation' || rangeOf(node).start !== change.start) return
    const name = child(node, 'modifierName')
    const declared = modifiers.get(Number(name?.referencedDeclaration))
    const contract = above.find(({ nodeType }) => nodeType === 'ContractDefinition')
    if (!name || !declared || !contract) return
    const own = `${String(declared.node.name)}_${number}`
    const brace = rangeOf(contract).end - 1
    const copy = `${opens(number)}${copyOf(declared, own, number)}${closes(number)}`
    edits.push({ ...rangeOf(name), text: own }, { start: brace, end: brace, text: copy })
  })
  return edits
}

/** With the changes in the modifier itself, which nobody would see if its copies were used instead of it. */
function copyOf({ node, source, changes }: DeclaredModifier, name: string, number: number): string {
  const bytes = Buffer.from(source)
  const parameters = child(node, 'parameters')
  const head = parameters && bytes.subarray(rangeOf(parameters).start, rangeOf(parameters).end).toString()
  const body = child(node, 'body')
  const statements = (body ? children(body, 'statements') : []).map((one) => {
    const { start, end } = rangeOf(one)
    const stop = bytes.toString('latin1', end, end + 1) === ';' ? end + 1 : end
    const within = changes.filter(({ change: { host } }) => start <= host.start && host.end <= end)
    const written = spliced(bytes, start, stop, editsOf(bytes, nested(within)))
    if (one.nodeType === 'PlaceholderStatement' || one.nodeType === 'VariableDeclarationStatement') return written
    return `if (!(${chosen(number)})) { ${written} }`
  })
  return `modifier ${name}${head ?? '()'} { ${statements.join(' ')} }`
}

/** The numbers of the changes that an error of the compiler in a switched source is about; places are in bytes. */
export function numbersAt(switched: string, start: number, end: number): number[] {
  const bytes = Buffer.from(switched)
  const open: number[] = []
  for (const [, opened, closed] of bytes
    .subarray(0, start)
    .toString()
    .matchAll(/\/\*(?:<(\d+)|(\d+)>)\*\//g)) {
    if (opened) open.push(Number(opened))
    if (closed) open.splice(open.lastIndexOf(Number(closed)), 1)
  }
  const within = [
    ...bytes
      .subarray(start, end)
      .toString()
      .matchAll(/\/\*<(\d+)\*\//g),
  ].map(([, number]) => Number(number))
  const around = open.at(-1)
  return around === undefined ? within.slice(0, 1) : [around]
}
