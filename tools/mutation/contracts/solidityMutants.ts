import { type AstNode, child, children, rangeOf, typeOf, walk } from './solidityAst.ts'

/** A change to one place in a Solidity file; places are in bytes. */
export type SolidityChange = {
  operator: string
  /** What is changed. */
  start: number
  end: number
  after: string
  /** What the change is chosen in: an expression of a type that can be chosen between, a statement, or a function's modifier. */
  host: { kind: 'expression' | 'statement' | 'modifier'; start: number; end: number }
  /** The type that a number without one takes: what it is compared with, assigned to or returned as. */
  type?: string
}

type Found = { node: AstNode; above: readonly AstNode[]; text(node: AstNode): string }

const boundaries: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' }
const negations: Readonly<Record<string, string>> = { '==': '!=', '!=': '==' }
const swaps: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '^': '&',
  '<<': '>>',
  '>>': '<<',
}
const logical: Readonly<Record<string, string>> = { '&&': '||', '||': '&&' }
const assignments: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=', '|=': '&=', '&=': '|=', '*=': '/=' }
const extremes: Readonly<Record<string, string>> = { min: 'max', max: 'min' }

/** Whether a node is all of what an `if`, a loop or a choice asks. */
function isCondition({ node, above }: Found): boolean {
  const parent = above[0]
  return parent !== undefined && child(parent, 'condition') === node
}

/** Replaces the operator between two operands, which may have comments around them. */
function withOperator({ node, text }: Found, from: string, to: string, left: string, right: string): string {
  const [leftNode, rightNode] = [child(node, left), child(node, right)]
  if (!leftNode || !rightNode) return text(node)
  const { start } = rangeOf(node)
  const whole = Buffer.from(text(node))
  const [from_, to_] = [rangeOf(leftNode).end - start, rangeOf(rightNode).start - start]
  const between = whole.subarray(from_, to_).toString().replace(from, to)
  return `${whole.subarray(0, from_)}${between}${whole.subarray(to_)}`
}

function inExpression({ node }: Found, operator: string, after: string, type?: string): SolidityChange {
  const range = rangeOf(node)
  return { operator, ...range, after, host: { kind: 'expression', ...range }, ...(type ? { type } : {}) }
}

function ofCondition(found: Found): SolidityChange[] {
  if (!isCondition(found) || typeOf(found.node) !== 'bool') return []
  const isLoop = /^(For|While|DoWhile)Statement$/.test(found.above[0]?.nodeType ?? '')
  return (isLoop ? ['false'] : ['true', 'false']).map((after) => inExpression(found, 'condition', after))
}

function ofBinary(found: Found): SolidityChange[] {
  const operator = String(found.node.operator)
  const to = (after: string) => withOperator(found, operator, after, 'leftExpression', 'rightExpression')
  const change = (kind: string, after: string | undefined) => (after ? [inExpression(found, kind, to(after))] : [])
  return [
    ...change('boundary', boundaries[operator]),
    ...(isCondition(found) ? [] : change('negation', negations[operator])),
    ...change('arithmetic', swaps[operator]),
    ...change('logical', logical[operator]),
  ]
}

function ofUnary(found: Found): SolidityChange[] {
  const { node, text } = found
  const inner = child(node, 'subExpression')
  if (!inner) return []
  if (node.operator === '!' && !isCondition(found)) return [inExpression(found, 'negation', text(inner))]
  if (node.operator === '++') return [inExpression(found, 'arithmetic', text(node).replace('++', '--'))]
  if (node.operator === '--') return [inExpression(found, 'arithmetic', text(node).replace('--', '++'))]
  return []
}

function ofAssignment(found: Found): SolidityChange[] {
  const operator = String(found.node.operator)
  const after = assignments[operator]
  if (!after) return []
  const text = withOperator(found, operator, after, 'leftHandSide', 'rightHandSide')
  return [inExpression(found, 'arithmetic', text)]
}

function ofCall(found: Found): SolidityChange[] {
  const called = child(found.node, 'expression')
  const after = extremes[String(called?.memberName)]
  if (!after || children(found.node, 'arguments').length !== 2) return []
  return [inExpression(found, 'extreme', found.text(found.node).replace(/\b(min|max)\(/, `${after}(`))]
}

const whole = /^u?int\d*$/

/** The type that a place without one of its own gets from where it stands. */
function wantedType({ node, above }: Found): string | undefined {
  const parent = above[0]
  if (!parent) return
  if (parent.nodeType === 'Assignment') {
    const left = child(parent, 'leftHandSide')
    return left && left !== node ? typeOf(left) : undefined
  }
  if (parent.nodeType === 'VariableDeclarationStatement') return typeOf(children(parent, 'declarations')[0] ?? parent)
  if (parent.nodeType === 'Return') return returnType(above)
  return
}

function returnType(above: readonly AstNode[]): string | undefined {
  const list = child(
    above.find(({ nodeType }) => nodeType === 'FunctionDefinition') ?? { nodeType: '', src: '' },
    'returnParameters',
  )
  const parameters = list ? children(list, 'parameters') : []
  return parameters.length === 1 && parameters[0] ? typeOf(parameters[0]) : undefined
}

/** Whether a number stands for bytes: only 0 can. */
function isBytes(parent: AstNode): boolean {
  const sides = [child(parent, 'leftExpression'), child(parent, 'rightExpression')]
  const types = sides.map((side) => (side ? typeOf(side) : ''))
  if (parent.kind === 'typeConversion') types.push(typeOf(parent))
  return types.some((type) => /^bytes\d+$/.test(type))
}

/** A number, one more; inside an expression that the compiler works out, what is chosen is the whole of it. */
function ofNumber(found: Found, after: string): SolidityChange[] {
  const { node, above } = found
  if (above[0] && isBytes(above[0])) return []
  const wanted = wantedType(found)
  if (wanted && whole.test(wanted)) return [inExpression(found, 'number', after, wanted)]
  const host = above.find((one) => !typeOf(one).startsWith('int_const'))
  if (!host || !/^(u?int\d*|bool|bytes\d+)$/.test(typeOf(host)) || host.nodeType === 'VariableDeclaration') return []
  return [{ operator: 'number', ...rangeOf(node), after, host: { kind: 'expression', ...rangeOf(host) } }]
}

function ofLiteral(found: Found): SolidityChange[] {
  const { node, text } = found
  if (node.kind === 'bool')
    return isCondition(found) ? [] : [inExpression(found, 'bool', text(node) === 'true' ? 'false' : 'true')]
  if (node.kind !== 'number' || node.subdenomination) return []
  const value = text(node).replaceAll('_', '')
  return /^\d+$/.test(value) ? ofNumber(found, String(BigInt(value) + 1n)) : []
}

function ofConstant(found: Found, constants: ReadonlySet<number>): SolidityChange[] {
  const { node, text } = found
  if (!constants.has(Number(node.referencedDeclaration)) || !whole.test(typeOf(node))) return []
  return [inExpression(found, 'constant', `${text(node)} + 1`)]
}

function ofStatement(found: Found): SolidityChange[] {
  const { node, above } = found
  const parent = above[0]
  // `if (wrong) revert` without its revert is `if (false) revert`.
  const alone =
    parent?.nodeType === 'IfStatement' ||
    (parent?.nodeType === 'Block' &&
      above[1]?.nodeType === 'IfStatement' &&
      children(parent, 'statements').length === 1)
  if (node.nodeType === 'RevertStatement' && alone) return []
  if (parent?.nodeType === 'ForStatement' && child(parent, 'body') !== node) return []
  // A place in storage has to be named before it is used: without it nothing compiles.
  const assigned = child(child(node, 'expression') ?? node, 'leftHandSide')
  if (assigned && typeOf(assigned).includes('storage pointer')) return []
  const range = rangeOf(node)
  return [{ operator: 'statement', ...range, after: '', host: { kind: 'statement', ...range } }]
}

function nothingOf(type: string): string[] {
  if (type === 'bool') return ['true', 'false']
  if (whole.test(type)) return [`${type}(0)`]
  if (type === 'address') return ['address(0)']
  return /^bytes\d+$/.test(type) ? [`${type}(0)`] : []
}

function ofReturn(found: Found): SolidityChange[] {
  const value = child(found.node, 'expression')
  const type = returnType(found.above)
  if (!value || !type || value.nodeType === 'Literal') return []
  const at = { ...found, node: value, above: [found.node, ...found.above] }
  return nothingOf(type).map((after) => inExpression(at, 'return', after))
}

function ofModifier({ node }: Found): SolidityChange[] {
  if (node.kind !== 'modifierInvocation') return []
  const range = rangeOf(node)
  return [{ operator: 'modifier', ...range, after: '', host: { kind: 'modifier', ...range } }]
}

function changesAt(found: Found, constants: ReadonlySet<number>): SolidityChange[] {
  switch (found.node.nodeType) {
    case 'BinaryOperation':
      return ofBinary(found)
    case 'UnaryOperation':
      return ofUnary(found)
    case 'Assignment':
      return ofAssignment(found)
    case 'FunctionCall':
      return ofCall(found)
    case 'Literal':
      return ofLiteral(found)
    case 'Identifier':
      return ofConstant(found, constants)
    case 'Return':
      return ofReturn(found)
    case 'ModifierInvocation':
      return ofModifier(found)
    case 'ExpressionStatement':
    case 'EmitStatement':
    case 'RevertStatement':
      return ofStatement(found)
    default:
      return []
  }
}

/** The numbers of all constants, which may be declared in any file. */
export function constantsOf(trees: Iterable<AstNode>): Set<number> {
  const constants = new Set<number>()
  for (const tree of trees) {
    walk(tree, (node) => {
      if (node.nodeType === 'VariableDeclaration' && node.constant === true) constants.add(Number(node.id))
    })
  }
  return constants
}

/**
 * Every change to a file, in its order: conditions fixed, comparisons moved by one or negated, arithmetic and logic swapped,
 * numbers and constants one more, statements and modifiers left out, nothing returned. Not in assembly, nor in what is worked
 * out before anything runs.
 */
export function solidityChanges(tree: AstNode, source: string, constants: ReadonlySet<number>): SolidityChange[] {
  const bytes = Buffer.from(source)
  const text = (node: AstNode) => {
    const { start, end } = rangeOf(node)
    return bytes.subarray(start, end).toString()
  }
  const changes: SolidityChange[] = []
  walk(tree, (node, above) => {
    if (!above.some(({ nodeType }) => nodeType === 'FunctionDefinition' || nodeType === 'ModifierDefinition')) return
    const found = { node, above, text }
    changes.push(...ofCondition(found), ...changesAt(found, constants))
  })
  return changes.toSorted((a, b) => a.start - b.start || a.end - b.end)
}
