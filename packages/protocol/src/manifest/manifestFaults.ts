import { findCycle } from './findCycle.ts'
import { jobFaults } from './jobFaults.ts'
import type { Manifest, ServiceSpec } from './manifest.ts'
import { clashingMount } from './paths.ts'

/** What is wrong with a manifest whose parts, each by itself, are well formed. */
export type ManifestFault = { path: PropertyKey[]; message: string }

/** Of all services together: they travel beside the manifest, one by one. */
const MOST_SECRETS = 64

type Checked = Pick<Manifest, 'brief' | 'services' | 'volumes' | 'job'>

/** Everything that does not fit together: names that lead nowhere, circles, mounts that hide each other. */
export function manifestFaults(manifest: Checked): ManifestFault[] {
  const { brief, services, volumes } = manifest
  const faults = [
    ...repeated(services.map(({ name }) => name.toLowerCase())).map((at) =>
      fault(['services', at], 'two services have the same name'),
    ),
    ...repeated(volumes.map(({ name }) => name)).map((at) => fault(['volumes', at], 'two volumes have the same name')),
    ...services.flatMap((service, at) => serviceFaults(service, ['services', at], volumes)),
    ...dependencyFaults(services),
    ...(brief.driver === 'wasm' ? wasmFaults(services, volumes.length) : []),
    ...jobFaults(manifest),
  ]
  const secrets = new Set(services.flatMap(({ container }) => container?.secrets?.map(({ name }) => name) ?? []))
  if (secrets.size > MOST_SECRETS) faults.push(fault(['services'], `there are more than ${MOST_SECRETS} secrets`))
  if (brief.volumesOf && volumes.length === 0)
    faults.push(fault(['brief', 'volumesOf'], 'there is no volume to take over'))
  return faults
}

function serviceFaults(
  { container, ports }: ServiceSpec,
  place: PropertyKey[],
  volumes: Manifest['volumes'],
): ManifestFault[] {
  const faults = repeated(ports.map(({ target }) => target)).map((at) =>
    fault([...place, 'ports', at], 'a port is there twice'),
  )
  const mounts = [
    ...(container?.volumes ?? []).map(({ path }) => ({ path, isFile: false })),
    ...(container?.tmpfs ?? []).map(({ path }) => ({ path, isFile: false })),
    ...(container?.files ?? []).map(({ path }) => ({ path, isFile: true })),
    ...(container?.secrets ?? []).map(({ path }) => ({ path, isFile: true })),
  ]
  const clash = clashingMount(mounts)
  if (clash)
    faults.push(fault([...place, 'container'], `${mounts[clash.at]?.path} and ${clash.with} are in each other's way`))
  for (const [at, { volume }] of (container?.volumes ?? []).entries()) {
    if (volumes.some(({ name }) => name === volume)) continue
    faults.push(fault([...place, 'container', 'volumes', at], `no volume is called ${volume}`))
  }
  return faults
}

function dependencyFaults(services: readonly ServiceSpec[]): ManifestFault[] {
  const waits = new Map(services.map(({ name, container }) => [name, Object.keys(container?.dependsOn ?? {})]))
  const faults = services.flatMap(({ name }, at) =>
    (waits.get(name) ?? [])
      .filter((other) => !waits.has(other))
      .map((other) => fault(['services', at, 'container', 'dependsOn', other], `no service is called ${other}`)),
  )
  const cycle = findCycle(waits)
  return cycle ? [...faults, fault(['services'], `${cycle.join(' waits for ')}`)] : faults
}

/** A Wasm module has none of what containers have. */
function wasmFaults(services: readonly ServiceSpec[], volumes: number): ManifestFault[] {
  const faults = services.flatMap(({ container, image }, at) => [
    ...(container ? [fault(['services', at, 'container'], 'is not for Wasm')] : []),
    ...(image.kind === 'blob' ? [] : [fault(['services', at, 'image'], 'Wasm modules come with the manifest')]),
  ])
  return volumes === 0 ? faults : [...faults, fault(['volumes'], 'are not for Wasm')]
}

function fault(path: PropertyKey[], message: string): ManifestFault {
  return { path, message }
}

/** Where a value stands that stood before. */
function repeated(values: readonly (string | number)[]): number[] {
  return values.flatMap((value, at) => (values.indexOf(value) < at ? [at] : []))
}
