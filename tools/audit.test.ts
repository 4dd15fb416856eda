import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { judgeAudit } from './audit.ts'
import { type AuditException, type DependencyPolicy, dependencyPolicy } from './dependencyPolicy.ts'

// What npm itself printed: of a project with old packages, of a registry without the service, of none at all, and without a lock file.
const printed = (name: string) => readFileSync(join(import.meta.dirname, 'auditOutputs', `${name}.json`), 'utf8')

const today = '2026-06-15'
const policy = (over: Partial<DependencyPolicy> = {}) => ({ ...dependencyPolicy, auditExceptions: [], ...over })
const exceptionFor = (advisory: string, until: string): AuditException => ({
  advisory,
  package: 'minimist',
  reason: 'only reads arguments of our own',
  until,
})
const [grave, moderate] = ['GHSA-xvch-5gv4-984h', 'GHSA-vh95-rmgr-6w4m']

function judged(over?: Partial<DependencyPolicy>, day = today) {
  const verdict = judgeAudit(printed('report'), policy(over), day)
  if (verdict.kind !== 'known') throw new Error(verdict.why)
  return verdict
}

describe('a report', () => {
  test('refuses from the severity of the policy on, and tells the rest', () => {
    const { refused, told } = judged({ refusedFrom: 'moderate' })
    expect(refused).toEqual([
      expect.stringMatching(
        /^critical: minimist >=1\.0\.0 <1\.2\.6: .*GHSA-xvch-5gv4-984h\), at node_modules\/minimist$/,
      ),
      expect.stringContaining(moderate),
    ])
    expect(told).toEqual([expect.stringMatching(/^low: ms <2\.0\.0/)])
    expect(judged({ refusedFrom: 'low' }).refused).toHaveLength(3)
    expect(judged({ refusedFrom: 'high' }).refused).toEqual([expect.stringContaining(grave)])
  })

  test('lets an exception hold to its last day, of that package and that advisory only', () => {
    const auditExceptions = [exceptionFor(grave, today)]
    const { refused, told } = judged({ auditExceptions })
    expect(refused).toEqual([expect.stringContaining(moderate)])
    expect(told).toContainEqual(expect.stringContaining(`until ${today}: only reads arguments of our own`))
    expect(judged({ auditExceptions }, '2026-06-16').refused).toContainEqual(
      expect.stringContaining(`its exception ended on ${today}`),
    )
    const elsewhere = [{ ...exceptionFor(grave, today), package: 'ms' }]
    expect(judged({ auditExceptions: elsewhere }).refused).toHaveLength(2)
  })
})

test.each([
  ['noService', '405 Method Not Allowed'],
  ['unreachable', 'ECONNREFUSED'],
])('a registry that cannot be asked is told, and refuses nothing: %s', (name, why) => {
  expect(judgeAudit(printed(name), policy(), today)).toEqual({ kind: 'unknown', why: expect.stringContaining(why) })
})

test('that nothing could be asked is never taken for word of a registry', () => {
  expect(() => judgeAudit(printed('noLockFile'), policy(), today)).toThrow('ENOLOCK')
  expect(() => judgeAudit('npm: command broken', policy(), today)).toThrow('no JSON')
  expect(() => judgeAudit('{}', policy(), today)).toThrow('failed')
})

test('exceptions have a reason and a day', () => {
  for (const { advisory, reason, until } of dependencyPolicy.auditExceptions) {
    expect(advisory).toMatch(/^GHSA(-[a-z0-9]{4}){3}$/)
    expect(reason.length).toBeGreaterThan(20)
    expect(until).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  }
})
