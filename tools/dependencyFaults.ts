import { type DependencyPolicy, dependencyPolicy } from './dependencyPolicy.ts'

/** An entry of `package-lock.json`, as far as it is looked at. */
export type LockedPackage = {
  version?: string
  resolved?: string
  integrity?: string
  license?: string
  link?: boolean
  optional?: boolean
  os?: readonly string[]
  cpu?: readonly string[]
  libc?: readonly string[]
  hasInstallScript?: boolean
  dependencies?: Readonly<Record<string, string>>
  devDependencies?: Readonly<Record<string, string>>
  optionalDependencies?: Readonly<Record<string, string>>
  peerDependencies?: Readonly<Record<string, string>>
}

/** Entries of a lock file by their folders; a package that npm fetches lies below `node_modules`, others are this project's own. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>

/**
 * What of the dependencies is not as docs/security.md has it, one line each: versions that are not exact, packages that nothing
 * binds to their content, install scripts that nobody judged, licences that are not on the list.
 *
 * @param allowScripts of the root's `package.json`: whose install scripts may run, and whose not
 */
export function dependencyFaults(
  packages: LockedPackages,
  allowScripts: Readonly<Record<string, boolean>>,
  policy: DependencyPolicy = dependencyPolicy,
): string[] {
  const entries = Object.entries(packages)
  const own = entries.filter(([folder, { link }]) => !folder.includes('node_modules/') && !link)
  const fetched = entries.filter(([folder, { link }]) => folder.includes('node_modules/') && !link)
  return [
    ...own.flatMap(([folder, entry]) => inexact(folder || 'the root', entry)),
    ...fetched.flatMap(([folder, entry]) => [
      ...unbound(folder, entry),
      ...unjudgedScript(folder, entry, allowScripts),
      ...licenceFault(folder, entry, policy),
    ]),
    ...unneededJudgements(fetched, allowScripts),
  ]
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** This project's own packages are `*`: there is one of each. */
function inexact(folder: string, entry: LockedPackage): string[] {
  const wanted = { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies }
  return Object.entries(wanted)
    .filter(
      ([name, version]) => !(name.startsWith('@tender/') ? version === '*' : /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
    )
    .map(([name, version]) => `${folder} asks for ${name} ${version}: write one exact version`)
}

/**
 * A package without a hash could be anything. The exceptions are those that the registry of who made the lock file lacks: for
 * platforms on which neither this project's checks nor its images run.
 */
function unbound(folder: string, entry: LockedPackage): string[] {
  if (entry.resolved !== undefined && !entry.resolved.startsWith('https://')) {
    return [`${folder} comes from ${entry.resolved}: take it from the registry`]
  }
  if (entry.integrity?.startsWith('sha512-')) return []
  if (entry.integrity === undefined && entry.optional && !runsOnLinux64(entry)) return []
  return [`${folder} ${entry.version} has no SHA-512: npm would take whatever it is given`]
}

function runsOnLinux64({ os, cpu, libc }: LockedPackage): boolean {
  const takes = (list: readonly string[] | undefined, wanted: string) => list === undefined || list.includes(wanted)
  return takes(os, 'linux') && takes(cpu, 'x64') && takes(libc, 'glibc')
}

function unjudgedScript(
  folder: string,
  entry: LockedPackage,
  allowScripts: Readonly<Record<string, boolean>>,
): string[] {
  if (!entry.hasInstallScript || nameOf(folder) in allowScripts) return []
  return [
    `${folder} runs a script when it is installed: read it, then allow or refuse it in package.json's allowScripts`,
  ]
}

function unneededJudgements(
  fetched: readonly [string, LockedPackage][],
  allowScripts: Readonly<Record<string, boolean>>,
): string[] {
  const scripted = new Set(fetched.filter(([, entry]) => entry.hasInstallScript).map(([folder]) => nameOf(folder)))
  return Object.keys(allowScripts)
    .filter((name) => !scripted.has(name))
    .map((name) => `allowScripts names ${name}, which has no install script (any more): take it out`)
}

function licenceFault(folder: string, entry: LockedPackage, policy: DependencyPolicy): string[] {
  const licence = entry.license ?? policy.knownLicences[nameOf(folder)]
  // Without a hash it is not fetched here, and nobody has seen its licence: that of the package that asks for it.
  if (licence === undefined && entry.integrity === undefined) return []
  if (licence !== undefined && isAllowed(licence, policy.licences)) return []
  return [
    `${folder} has the licence ${licence ?? 'that nobody knows'}: it is not on the list of tools/dependencyPolicy.ts`,
  ]
}

/** An SPDX expression of the forms that there are: no parentheses within, and `AND` binds closer than `OR`. */
function isAllowed(expression: string, licences: readonly string[]): boolean {
  const alternatives = expression.replace(/^\((.*)\)$/, '$1').split(' OR ')
  return alternatives.some((all) => all.split(' AND ').every((one) => licences.includes(one)))
}
