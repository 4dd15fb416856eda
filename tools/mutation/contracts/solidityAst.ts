import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** A node of the compiler's syntax tree, as far as it is looked at. */
export type AstNode = {
  nodeType: string
  /** `start:length:file` in bytes. */
  src: string
  [key: string]: unknown
}

/** What the compiler says of sources: their trees, and what is wrong with them. */
export type Analysed = {
  trees: ReadonlyMap<string, AstNode>
  errors: readonly { file: string; start: number; end: number; says: string }[]
}

type Output = {
  sources?: Record<string, { ast: AstNode }>
  errors?: {
    severity: string
    formattedMessage: string
    sourceLocation?: { file: string; start: number; end: number }
  }[]
  contracts?: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>
}

const remapping = '@openzeppelin/contracts/'

/** Runs the compiler on sources by their path below `directory`; what they import is read from there. */
function compile(directory: string, sources: ReadonlyMap<string, string>, settings: object): Output {
  // CAST: the compiler's package has no types
  const solc = createRequire(join(directory, 'package.json'))('solc') as {
    compile(input: string, callbacks: { import(path: string): { contents?: string; error?: string } }): string
  }
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...sources].map(([file, content]) => [file, { content }])),
    settings: { remappings: [`${remapping}=lib/${remapping}`], evmVersion: 'prague', ...settings },
  }
  const read = (path: string) => {
    const file = join(directory, path)
    return existsSync(file) ? { contents: readFileSync(file, 'utf8') } : { error: 'not found' }
  }
  // CAST: the compiler's own output
  return JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as Output
}

/** Trees of the sources, by their path below `directory`, and every error of the compiler. */
export function analyse(directory: string, sources: ReadonlyMap<string, string>): Analysed {
  const output = compile(directory, sources, { outputSelection: { '*': { '': ['ast'] } } })
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  return {
    trees: new Map(Object.entries(output.sources ?? {}).map(([file, { ast }]) => [file, ast])),
    errors: errors.map(({ formattedMessage, sourceLocation: at }) => ({
      file: at?.file ?? '',
      start: at?.start ?? 0,
      end: at?.end ?? 0,
      says: formattedMessage,
    })),
  }
}

/**
 * The bytecode of the contracts in one source, by name, as it is deployed: the IR pipeline with the optimizer.
 *
 * @returns undefined if the sources do not compile
 */
export function bytecodeOf(
  directory: string,
  file: string,
  sources: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> | undefined {
  const output = compile(directory, sources, {
    viaIR: true,
    optimizer: { enabled: true, runs: 10_000 },
    metadata: { bytecodeHash: 'none', appendCBOR: false },
    outputSelection: { [file]: { '*': ['evm.bytecode.object'] } },
  })
  if ((output.errors ?? []).some(({ severity }) => severity === 'error')) return
  const contracts = Object.entries(output.contracts?.[file] ?? {})
  return Object.fromEntries(contracts.map(([name, { evm }]) => [name, evm.bytecode.object]))
}

/** Where a node stands, in bytes of its file. */
export function rangeOf({ src }: AstNode): { start: number; end: number } {
  const [start = 0, length = 0] = src.split(':').map(Number)
  return { start, end: start + length }
}

/** What may be a node of the tree. */
export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value
}

/** A node's child under a name, if it has one. */
export function child(node: AstNode, name: string): AstNode | undefined {
  const value = node[name]
  return isNode(value) ? value : undefined
}

/** A node's children under a name. */
export function children(node: AstNode, name: string): AstNode[] {
  const value = node[name]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The name of an expression's type: `uint256`, `int_const 3600`. */
export function typeOf(node: AstNode): string {
  const described = node.typeDescriptions
  if (typeof described !== 'object' || described === null || !('typeString' in described)) return ''
  return String(described.typeString)
}

/** Calls `visit` for every node with those above it, the nearest first. Assembly, types and documentation are passed over. */
export function walk(node: AstNode, visit: (node: AstNode, above: readonly AstNode[]) => void): void {
  const skipped = new Set([
    'InlineAssembly',
    'ElementaryTypeName',
    'ArrayTypeName',
    'Mapping',
    'StructuredDocumentation',
  ])
  const step = (at: AstNode, above: readonly AstNode[]) => {
    if (skipped.has(at.nodeType)) return
    visit(at, above)
    for (const value of Object.values(at)) {
      for (const one of Array.isArray(value) ? value : [value]) if (isNode(one)) step(one, [at, ...above])
    }
  }
  step(node, [])
}
