export { createDockerDriver } from './createDockerDriver.ts'
export type { DockerDriverOptions } from './createHost.ts'
