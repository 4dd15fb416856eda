/** What test files get for `vitest` while a changed file is judged: tests are collected instead of run, all else is Vitest's own. */
import { format } from 'node:util'

export { expect, vi } from 'vitest'

type Body = (...given: never[]) => unknown

export type CollectedTest = {
  name: string
  /** With the hooks around it. */
  run(): Promise<void>
}

type Hooks = { before: Body[]; after: Body[] }

// The module is loaded again with each test file; the list that judgeMutants.ts reads is one.
const state = globalThis as { collectedTests?: CollectedTest[] }
const names: string[] = []
const hooks: Hooks = { before: [], after: [] }
let finished: Body[] = []

/** The tests that were collected since the last call. */
export function takeTests(): CollectedTest[] {
  const tests = state.collectedTests ?? []
  state.collectedTests = []
  return tests
}

async function callAll(bodies: readonly Body[]): Promise<void> {
  for (const body of bodies) await body()
}

function add(title: string, body: () => unknown): void {
  state.collectedTests ??= []
  state.collectedTests.push({
    name: [...names, title].join(' › '),
    async run() {
      finished = []
      try {
        await callAll(hooks.before)
        await body()
      } finally {
        await callAll([...finished, ...hooks.after])
      }
    },
  })
}

/** A row's title: `$name` is one of its fields, `%s` its next value. */
function titleOf(title: string, row: unknown): string {
  const values = Array.isArray(row) ? row : [row]
  const named = title.replace(/\$(\w+)/g, (_, field: string) => String((values[0] as Record<string, unknown>)[field]))
  const asked = named.match(/%[sdifjo]/gi) ?? []
  return format(named, ...values.slice(0, asked.length))
}

function each(rows: readonly unknown[]): (title: string, body: Body) => void {
  return (title, body) => {
    for (const row of rows) {
      const given = (Array.isArray(row) ? row : [row]) as never[]
      add(titleOf(title, row), () => body(...given))
    }
  }
}

export const test = Object.assign((title: string, body: Body) => add(title, body), { each })

function group(title: string, body: () => void): void {
  names.push(title)
  body()
  names.pop()
}

export const describe = Object.assign(group, {
  each: (rows: readonly unknown[]) => (title: string, body: Body) => {
    for (const row of rows) {
      const given = (Array.isArray(row) ? row : [row]) as never[]
      group(titleOf(title, row), () => body(...given))
    }
  },
})

export function beforeEach(body: Body): void {
  hooks.before.push(body)
}

export function afterEach(body: Body): void {
  hooks.after.push(body)
}

export function onTestFinished(body: Body): void {
  finished.push(body)
}
