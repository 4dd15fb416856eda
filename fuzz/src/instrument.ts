import { type AnyNode, parse } from 'acorn'

/** A module whose blocks count how often they run, and what it compares with. */
export type Instrumented = { source: string; blocks: number; words: readonly string[] }

/** Names of the globals that instrumented code uses: the counters, and the comparison that is told. */
export const COUNTERS = '__fuzzBlocks'
export const COMPARE = '__fuzzSame'

/** Of words that are worth trying in an input. */
const MOST_WORD_LETTERS = 40

/**
 * Adds a counter to each function, block and branch of a module, and tells what `===` and `!==` compare. Lines stay where they are.
 *
 * @param first number of the module's first counter
 * @throws {SyntaxError} if it is no module
 * @example
 * instrument('if (a) b()', 0).source // 'if (a) {__fuzzBlocks[0]++;b()}else{__fuzzBlocks[1]++}'
 */
export function instrument(source: string, first: number): Instrumented {
  const edits = createEdits(source)
  const words = new Set<string>()
  let blocks = 0
  const count = () => `${COUNTERS}[${first + blocks++}]++`
  const wrap = (node: AnyNode) => edits.around(node, `(${count()},`, ')')
  const block = (node: AnyNode) => {
    if (node.type === 'BlockStatement') edits.open(node.start + 1, `${count()};`)
    else edits.around(node, `{${count()};`, '}')
  }
  visit(parse(source, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }), (node) => {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        return block(node.body)
      case 'ArrowFunctionExpression':
        return node.body.type === 'BlockStatement' ? block(node.body) : wrap(node.body)
      case 'IfStatement':
        if (node.alternate) block(node.alternate)
        else edits.close(node.end, `else{${count()}}`)
        return block(node.consequent)
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        return block(node.body)
      case 'SwitchCase':
        if (node.consequent[0]) edits.open(node.consequent[0].start, `${count()};`)
        return
      case 'CatchClause':
        return block(node.body)
      case 'ConditionalExpression':
        wrap(node.consequent)
        return wrap(node.alternate)
      case 'LogicalExpression':
        return wrap(node.right)
      case 'BinaryExpression':
        if (node.operator === '===' || node.operator === '!==')
          edits.call(node, node.left.end, node.operator, node.operator === '===' ? `${COMPARE}(` : `!${COMPARE}(`)
        return
      case 'Literal':
        if (typeof node.value === 'string' && isWord(node.value)) words.add(node.value)
        return
      case 'Property':
        if (node.key.type === 'Identifier' && isWord(node.key.name)) words.add(node.key.name)
        return
      default:
    }
  })
  return { source: edits.applied(), blocks, words: [...words] }
}

function isWord(text: string): boolean {
  return text.length > 1 && text.length <= MOST_WORD_LETTERS && !text.includes('\n')
}

/** Every node, the outer ones first. */
function visit(node: AnyNode, use: (node: AnyNode) => void): void {
  use(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, use)
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

type Edit = { at: number; until: number; text: string; closes: boolean }

/** Insertions at one place stand as their nodes do: what closes before what opens, and what closes from the inside out. */
function createEdits(source: string) {
  const edits: Edit[] = []
  const open = (at: number, text: string) => edits.push({ at, until: at, text, closes: false })
  const close = (at: number, text: string) => edits.push({ at, until: at, text, closes: true })
  return {
    open,
    close,
    around(node: AnyNode, before: string, after: string) {
      open(node.start, before)
      close(node.end, after)
    },
    /** Makes a call of an operation: its operator becomes a comma. */
    call(node: AnyNode, leftEnd: number, operator: string, name: string) {
      const at = source.indexOf(operator, leftEnd)
      open(node.start, name)
      edits.push({ at, until: at + operator.length, text: ',', closes: false })
      close(node.end, ')')
    },
    applied(): string {
      const closing = edits.filter(({ closes }) => closes).reverse()
      const ordered = [...closing, ...edits.filter(({ closes }) => !closes)].sort((a, b) => a.at - b.at)
      let done = 0
      let text = ''
      for (const edit of ordered) {
        text += source.slice(done, edit.at) + edit.text
        done = edit.until
      }
      return text + source.slice(done)
    },
  }
}
