import { MAX_PAGE } from '@tender/api'
import {
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/** Most tokens of a query: more is not even read. */
export const MAX_TOKENS = 2_000
/** Deepest that fields may stand in each other. */
export const MAX_DEPTH = 8
/** Most fields that are given another name, which is how one asks for a thing many times. */
export const MAX_ALIASES = 20
/** Most things that may be read: every field with fields of its own is one, times the length of the lists that it stands in. */
export const MAX_COST = 2_000

/** Items of a connection unless asked otherwise; the page's default. */
const DEFAULT_FIRST = 50

/** An order opens one lease mostly, and 32 at most. */
const LEASES_OF_ORDER = 10

type Weight = { cost: number; depth: number; aliases: number }
type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** Refuses queries by their shape, before anything is read: depth, aliases, and cost with the lengths of lists. */
export function limitsRule(context: ValidationContext): ASTVisitor {
  const definitions = context.getDocument().definitions
  const fragments: Fragments = new Map(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  )
  return {
    OperationDefinition(operation: OperationDefinitionNode) {
      const { cost, depth, aliases } = weigh(operation.selectionSet, 1, fragments, new Set())
      const refuse = (what: string, asked: number, most: number) =>
        context.reportError(
          new GraphQLError(`the query's ${what} is ${asked}, and ${most} is the most`, {
            nodes: operation,
            extensions: { code: 'queryTooHeavy', what, asked, most },
          }),
        )
      if (depth > MAX_DEPTH) refuse('depth', depth, MAX_DEPTH)
      if (aliases > MAX_ALIASES) refuse('number of aliases', aliases, MAX_ALIASES)
      if (cost > MAX_COST) refuse('cost', cost, MAX_COST)
    },
  }
}

function weigh(set: SelectionSetNode, times: number, fragments: Fragments, inside: ReadonlySet<string>): Weight {
  let total: Weight = { cost: 0, depth: 0, aliases: 0 }
  for (const selection of set.selections) {
    // What is too heavy already need not be weighed to the end: fragments in fragments multiply.
    if (total.cost > MAX_COST || total.aliases > MAX_ALIASES) return total
    total = sum(total, weighOne(selection, times, fragments, inside))
  }
  return total
}

function weighOne(
  selection: SelectionSetNode['selections'][number],
  times: number,
  fragments: Fragments,
  inside: ReadonlySet<string>,
): Weight {
  if (selection.kind === Kind.INLINE_FRAGMENT) return weigh(selection.selectionSet, times, fragments, inside)
  if (selection.kind === Kind.FRAGMENT_SPREAD) {
    const name = selection.name.value
    const fragment = fragments.get(name)
    // One that holds itself is refused by another rule.
    if (!fragment || inside.has(name)) return { cost: 0, depth: 0, aliases: 0 }
    return sum(
      { cost: 1, depth: 0, aliases: 0 },
      weigh(fragment.selectionSet, times, fragments, new Set([...inside, name])),
    )
  }
  return weighField(selection, times, fragments, inside)
}

function weighField(field: FieldNode, times: number, fragments: Fragments, inside: ReadonlySet<string>): Weight {
  const aliases = field.alias ? 1 : 0
  if (!field.selectionSet) return { cost: 0, depth: 1, aliases }
  // What a schema says of itself is read from memory, and graphql's own rule bounds its depth.
  const introspects = field.name.value.startsWith('__')
  const inner = weigh(field.selectionSet, times * lengthOf(field), fragments, inside)
  return {
    cost: times + inner.cost,
    depth: introspects ? 1 : inner.depth + 1,
    aliases: aliases + inner.aliases,
  }
}

function sum(a: Weight, b: Weight): Weight {
  return { cost: a.cost + b.cost, depth: Math.max(a.depth, b.depth), aliases: a.aliases + b.aliases }
}

/** How many items a connection has at most. A variable may be the most. */
function lengthOf({ name, arguments: args = [], selectionSet }: FieldNode): number {
  if (name.value === 'leaseInfos') return LEASES_OF_ORDER
  const pages = selectionSet?.selections.some((one) => one.kind === Kind.FIELD && one.name.value === 'nodes')
  const first = args.find((one) => one.name.value === 'first')?.value
  if (!first) return pages ? DEFAULT_FIRST : 1
  return first.kind === Kind.INT ? Math.min(MAX_PAGE, Math.max(1, Number(first.value))) : MAX_PAGE
}
