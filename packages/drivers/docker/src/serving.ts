import { type LeaseId, NotServingError, type PortAddress } from '@tender/driver'
import { LABELS, lookAt, type Seen } from './containers.ts'
import type { Host } from './host.ts'
import type { LeaseRecord, Member } from './record.ts'

/** The port that is meant: the one asked for, else the first `http` port in the order of the file. @throws {NotServingError} */
export function portOf(leaseId: LeaseId, { plan: { services } }: LeaseRecord, asked?: PortAddress): PortAddress {
  for (const { name, ports } of services) {
    const port = ports.find(({ target, protocol }) =>
      asked ? asked.service === name && asked.port === target : protocol === 'http',
    )
    if (port) return { service: name, port: port.target }
  }
  throw new NotServingError(leaseId, asked ? `no port ${asked.port} of ${asked.service}` : 'it has no http port')
}

/** The containers of a service that are well, by one question to the engine. @throws {NotServingError} */
export async function healthyMembers(
  { engine: { calls } }: Host,
  leaseId: LeaseId,
  { plan: { members } }: LeaseRecord,
  service: string,
): Promise<Member[]> {
  const label = [`${LABELS.lease}=${leaseId}`]
  const list = await calls.listContainers({ filters: { label, status: ['running'], health: ['healthy', 'none'] } })
  const running = new Set(list.flatMap(({ Names }) => Names.map((name) => name.replace(/^\//, ''))))
  const well = members.filter((member) => member.service === service && running.has(member.name))
  if (well.length === 0) throw new NotServingError(leaseId, `${service} is not running, or not well`)
  return well
}

/** A container of a service that runs: the replica asked for, else the first. @throws {NotServingError} */
export async function runningMember(
  host: Host,
  leaseId: LeaseId,
  { plan: { members } }: LeaseRecord,
  { service, replica }: { service: string; replica?: number },
): Promise<{ seen: Seen; member: Member }> {
  const running = (await lookAt(host.engine, leaseId)).filter(
    ({ state, restarting }) => state === 'live' && !restarting,
  )
  for (const member of members) {
    const seen = running.find(({ name }) => name === member.name)
    const isMeant = member.service === service && (replica === undefined || member.replica === replica)
    if (isMeant && seen) return { seen, member }
  }
  throw new NotServingError(leaseId, `no such container of ${service} runs`)
}
