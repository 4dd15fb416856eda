export { createDockerDriver } from './createDockerDriver.ts'
export type { DockerDriverOptions } from './createHost.ts'
export { createEngine } from './engine.ts'
export { type HostInspection, inspectHost } from './inspectHost.ts'
