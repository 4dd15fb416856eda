/** How grave a known vulnerability is, the least first. */
export const severities = ['info', 'low', 'moderate', 'high', 'critical'] as const

export type Severity = (typeof severities)[number]

/** A known vulnerability that does not refuse a change, for a while. */
export type AuditException = {
  /** As its address ends: `GHSA-…`. */
  advisory: string
  package: string
  /** Why it does no harm here. */
  reason: string
  /** Its last day, `YYYY-MM-DD`; from the next one on it refuses again. */
  until: string
}

export type DependencyPolicy = {
  /** Of what a user runs: this and what is graver refuses a change, the rest is told. */
  refusedFrom: Severity
  auditExceptions: readonly AuditException[]
  /** SPDX identifiers. Of an `OR` one has to be here, of an `AND` all. */
  licences: readonly string[]
  /** Licences of packages whose `package.json` says them in a form that npm does not read, each looked up in the package itself. */
  knownLicences: Readonly<Record<string, string>>
}

/** What a dependency has to be like. docs/security.md says why. */
export const dependencyPolicy: DependencyPolicy = {
  refusedFrom: 'moderate',
  auditExceptions: [],
  licences: [
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    // Of data: the table of browsers that a development tool carries. Nothing of it is shipped.
    'CC-BY-4.0',
    'ISC',
    'MIT',
    // Of the file, not of what it is linked with: used as it is, nothing of it is changed.
    'MPL-2.0',
    // Fonts.
    'OFL-1.1',
    'Unlicense',
    'Zlib',
  ],
  knownLicences: {
    buildcheck: 'MIT',
    'cpu-features': 'MIT',
    memorystream: 'MIT',
    ssh2: 'MIT',
  },
}
