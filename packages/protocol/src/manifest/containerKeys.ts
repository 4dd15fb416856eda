import { deploy } from './composeDeploy.ts'
import { placeOf, type RefusedKeys } from './composeKeys.ts'
import { writtenContainer } from './containerService.ts'
import { jobKeys } from './jobBlock.ts'
import { tenderKeys } from './tenderBlock.ts'
import { isMap } from './written.ts'
import type { YamlPath } from './yamlFile.ts'

// Why a key of a Compose file is refused for containers, and why one that is read has no effect.

const noHost = 'what strangers run gets no hold of a host'
const ownNames = 'services find each other by their names in this file, and by nothing else'
const useLimits = 'the provider sets it; cpus and mem_limit say what a container may use'
const oneFile = 'write one file'
const oneHost = 'a lease is on one host'
const inTheImage = 'do it in the image or its command'

const reasons: Record<string, string> = {
  build:
    'a provider builds nothing. Build it with docker build, then write image: ./app.tar for what docker save --output app.tar wrote, or push it to a registry',
  extends: oneFile,
  include: oneFile,
  profiles: 'every service of the file runs',
  develop: 'it is for your own machine',
  provider: noHost,
  models: noHost,
  label_file: 'nothing reads labels',
  links: ownNames,
  external_links: ownNames,
  extra_hosts: ownNames,
  dns: ownNames,
  dns_search: ownNames,
  dns_opt: ownNames,
  mac_address: ownNames,
  network_mode: 'every lease has a private network of its own; x-tender.network says whether it reaches the internet',
  volumes_from: 'name the volume in both services',
  storage_opt: 'x-tender.size of a volume says how large it is',
  cpu_count: useLimits,
  cpu_percent: useLimits,
  cpu_shares: useLimits,
  cpu_quota: useLimits,
  cpu_period: useLimits,
  cpu_rt_period: useLimits,
  cpu_rt_runtime: useLimits,
  cpuset: useLimits,
  memswap_limit: useLimits,
  mem_swappiness: useLimits,
  pids_limit: useLimits,
  ulimits: useLimits,
  blkio_config: useLimits,
  gpus: 'write deploy.resources.reservations.devices with a count',
  runtime: 'the provider chooses how containers are kept apart',
  post_start: inTheImage,
  pre_stop: inTheImage,
  group_add: inTheImage,
  placement: oneHost,
  endpoint_mode: oneHost,
  generic_resources: 'only GPUs are offered, as devices',
}

const top = ['name', 'version', 'services', 'volumes', 'configs', 'secrets', 'networks', 'x-tender'] as const

export const containerKeys: RefusedKeys = {
  readable: {
    '': top,
    'services.*': Object.keys(writtenContainer.shape),
    'services.*.deploy': Object.keys(deploy.shape),
    'x-tender': tenderKeys,
    ...jobKeys,
    'volumes.*': ['x-tender', 'driver', 'name', 'labels'],
    'volumes.*.x-tender': ['size'],
    'secrets.*': ['file', 'environment'],
    'configs.*': ['file', 'content', 'environment'],
    'services.*.healthcheck': ['test', 'interval', 'timeout', 'retries', 'start_period', 'disable'],
    'services.*.depends_on.*': ['condition'],
    'services.*.ports.*': ['target', 'published', 'protocol', 'app_protocol'],
    'services.*.volumes.*': ['type', 'source', 'target', 'read_only', 'tmpfs'],
    'services.*.env_file.*': ['path', 'required'],
    'services.*.configs.*': ['source', 'target', 'mode'],
    'services.*.secrets.*': ['source', 'target', 'mode'],
    'services.*.deploy.resources': ['limits', 'reservations'],
    'services.*.deploy.resources.limits': ['cpus', 'memory'],
    'services.*.deploy.resources.reservations': ['devices'],
    'services.*.deploy.resources.reservations.devices.*': ['driver', 'capabilities', 'count'],
    'services.*.deploy.restart_policy': ['condition', 'max_attempts'],
  },
  reasons,
  reasonsAt: {
    'services.*.volumes.*': {
      volume: 'a volume is mounted as a whole',
      bind: 'a provider has none of your directories',
      consistency: 'it is for your own machine',
      subpath: 'a volume is mounted as a whole',
    },
    'services.*.volumes.*.tmpfs': { mode: 'everybody in the container can write there' },
    'services.*.env_file.*': { format: 'a file of variables is read as Compose reads it' },
    'services.*.deploy.resources.reservations.devices.*': { options: 'the provider chooses' },
  },
  otherwise: noHost,
}

const limitsReserve = 'a lease reserves what its limits say'
const labels = 'nothing reads labels'
const address = "the provider's ingress gives the address"
const updates = 'an update replaces a service once its successor is well'

const noEffect: Readonly<Record<string, string>> = {
  version: 'is obsolete and has no effect',
  'services.*.annotations': labels,
  'services.*.attach': 'read what it writes with `tender logs`',
  'services.*.cap_drop': 'all capabilities but a few are taken from every container',
  'services.*.container_name': ownNames,
  'services.*.domainname': ownNames,
  'services.*.expose': 'services of one lease reach each other on every port',
  'services.*.hostname': ownNames,
  'services.*.labels': labels,
  'services.*.logging': 'read what it writes with `tender logs`',
  'services.*.mem_reservation': limitsReserve,
  'services.*.pull_policy': 'the provider fetches an image once',
  'services.*.stdin_open': 'use `tender exec -it`',
  'services.*.tty': 'use `tender exec -it`',
  'services.*.healthcheck.start_interval': 'interval counts from the start',
  'services.*.ports.*.mode': address,
  'services.*.ports.*.host_ip': address,
  'services.*.ports.*.name': address,
  'services.*.deploy.labels': labels,
  'services.*.deploy.update_config': updates,
  'services.*.deploy.rollback_config': updates,
  'services.*.deploy.restart_policy.delay': 'the provider waits longer after each failure',
  'services.*.deploy.restart_policy.window': 'the provider waits longer after each failure',
  'services.*.deploy.resources.limits.pids': 'the provider limits processes',
  'services.*.deploy.resources.reservations.cpus': limitsReserve,
  'services.*.deploy.resources.reservations.memory': limitsReserve,
  'volumes.*.name': 'a volume belongs to its lease',
  'volumes.*.labels': labels,
  'secrets.*.name': 'a secret belongs to its lease',
  'secrets.*.labels': labels,
  'configs.*.name': 'a config belongs to its lease',
  'configs.*.labels': labels,
}

/** What a file of containers says in vain, and why. */
export function keysWithoutEffect(value: unknown, path: YamlPath = []): { path: YamlPath; message: string }[] {
  const reason = path.length > 0 ? noEffect[placeOf(path)] : undefined
  if (reason) return [{ path, message: reason.startsWith('is ') ? reason : `has no effect: ${reason}` }]
  if (Array.isArray(value)) return value.flatMap((item, at) => keysWithoutEffect(item, [...path, at]))
  if (!isMap(value)) return []
  return Object.entries(value).flatMap(([key, item]) => keysWithoutEffect(item, [...path, key]))
}
