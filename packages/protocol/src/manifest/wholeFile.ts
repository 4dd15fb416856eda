import { isMap } from './written.ts'

// What can only be seen of a file as a whole, before its parts are looked at.

type Fault = { path: PropertyKey[]; message: string }

function servicesOf(value: unknown): [string, unknown][] {
  const services = isMap(value) ? value.services : undefined
  return isMap(services) ? Object.entries(services) : []
}

/** A service is a container unless its platform says something else than Linux. */
function isContainer(service: unknown): boolean {
  const platform = isMap(service) ? service.platform : undefined
  return platform === undefined || /^linux(\/|$)/.test(String(platform))
}

/** Kind of the driver that the file is for: its first service decides. */
export function driverOf(value: unknown): 'wasm' | 'docker' {
  const [first] = servicesOf(value)
  return first && !isContainer(first[1]) ? 'wasm' : 'docker'
}

/** The first service that another driver runs than the first. */
export function otherKind(value: unknown): Fault | undefined {
  const services = servicesOf(value)
  const driver = driverOf(value)
  const other = services.find(([, service]) => isContainer(service) !== (driver === 'docker'))
  if (!other) return undefined
  const [kind, first] = driver === 'wasm' ? ['a container', 'WebAssembly'] : ['WebAssembly', 'a container']
  const message = `${other[0]} is ${kind} and ${services[0]?.[0]} is ${first}: one lease runs one kind, so split the file in two`
  return { path: ['services', other[0]], message }
}

/** What does not fit into one lease. */
export function wholeFileFaults(value: unknown): Fault[] {
  const services = servicesOf(value)
  const driver = driverOf(value)
  const tender = isMap(value) && isMap(value['x-tender']) ? value['x-tender'] : {}
  const resource = String(tender.resource ?? 'cu')
  return driver === 'wasm' ? wasmFaults(services, tender, resource) : containerFaults(services, resource)
}

function wasmFaults(services: [string, unknown][], tender: Record<string, unknown>, resource: string): Fault[] {
  if (!/^cu(\.|$)/.test(resource)) {
    const message = `a Wasm workload runs on compute units: the class is cu, not ${resource}`
    return [{ path: ['x-tender', 'resource'], message }]
  }
  const gpu = services.find(([, service]) => needsGpu(service))
  if (gpu) return [twoClasses(gpu[0], resource)]
  if (tender.network !== undefined)
    return [
      {
        path: ['x-tender', 'network'],
        message: 'a Wasm workload has no network of its own; the provider brings it requests',
      },
    ]
  const second = services[1]
  if (!second) return []
  const message = 'is a second service: a Wasm lease runs one, so write one file for each'
  return [{ path: ['services', second[0]], message }]
}

function containerFaults(services: [string, unknown][], resource: string): Fault[] {
  const gpu = services.find(([, service]) => needsGpu(service))
  const isGpu = resource.startsWith('gpu.')
  if (gpu && !isGpu) return [twoClasses(gpu[0], resource)]
  if (gpu || !isGpu || services.length === 0) return []
  const message = `no service reserves a GPU of ${resource}: write deploy.resources.reservations.devices with a count`
  return [{ path: ['x-tender', 'resource'], message }]
}

function twoClasses(name: string, resource: string): Fault {
  const message = `the file needs two resource classes: ${name} reserves a GPU and the lease is of ${resource}. One lease has one class, so split the file in two, or write the GPU's class under x-tender.resource`
  return { path: ['services', name, 'deploy', 'resources', 'reservations'], message }
}

function needsGpu(service: unknown): boolean {
  const deploy = isMap(service) && isMap(service.deploy) ? service.deploy : {}
  const resources = isMap(deploy.resources) ? deploy.resources : {}
  const devices = isMap(resources.reservations) ? resources.reservations.devices : undefined
  return (
    Array.isArray(devices) &&
    devices.some((device) => isMap(device) && JSON.stringify(device.capabilities ?? '').includes('gpu'))
  )
}
