import type { RefusedKeys } from './composeKeys.ts'
import { jobKeys } from './jobBlock.ts'
import { tenderKeys } from './tenderBlock.ts'
import { wasmReadableKeys } from './wasmService.ts'

// Why a key of a Compose file is refused for Wasm.

const noNetwork = 'a Wasm workload has no network of its own; the provider brings it requests'
const noFiles = 'a Wasm workload has no files but its module'
const noSecond = 'only one program runs in a Wasm workload'
const oneService = 'only one service runs in a Wasm lease'
const noImages = 'a Wasm workload is one module, named by image'
const useEnvironment = 'put the value in environment: that part of the manifest goes to the winning provider alone'

const reasons: Record<string, string> = {
  build: noImages,
  pull_policy: noImages,
  volumes: noFiles,
  volumes_from: noFiles,
  tmpfs: noFiles,
  working_dir: noFiles,
  env_file: 'list the variables under environment',
  secrets: useEnvironment,
  configs: useEnvironment,
  networks: noNetwork,
  network_mode: noNetwork,
  expose: noNetwork,
  dns: noNetwork,
  extra_hosts: noNetwork,
  hostname: noNetwork,
  links: oneService,
  external_links: oneService,
  depends_on: oneService,
  extends: oneService,
  profiles: oneService,
  healthcheck: noSecond,
  init: noSecond,
  restart: 'an HTTP handler is started anew for every request, a command runs once',
  restart_policy: 'an HTTP handler is started anew for every request, a command runs once',
  scale: 'write deploy.replicas for containers in one lease, x-tender.replicas for leases',
  container_name: 'the lease names the workload',
  labels: 'nothing reads labels',
  mem_reservation: 'a lease reserves what its limits say',
  reservations: 'a lease reserves what its limits say',
  include: 'write one file',
}

export const wasmKeys: RefusedKeys = {
  readable: { ...wasmReadableKeys, 'x-tender': tenderKeys, ...jobKeys },
  reasons,
  otherwise: 'a Wasm workload runs in a sandbox that has no such thing',
}
