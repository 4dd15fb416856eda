import { monitorRoles, type ProviderRole } from '@tender/cli'
import { type Asset, parsePrice } from '@tender/protocol'
import type { AddressBook } from '@tender/sdk'
import { ERA_SECONDS } from './setUp.ts'

/** Of what every daemon is told. */
export type Place = {
  stateDir: string
  rpcUrl: string
  book: AddressBook
  /** Where its peers reach it. */
  address: string
  /** Of its peer; the one after it is that of its HTTP. */
  port: number
  bootstrap: readonly string[]
}

const listenAt = ({ address, port }: Place) => [`/ip4/${address}/tcp/${port}`]

/** A relay with a way in for visitors. */
export function relayConfig(place: Place) {
  const { stateDir, rpcUrl, book, address, port } = place
  return {
    stateDir,
    rpcUrl,
    book,
    network: { listen: listenAt(place) },
    ingress: { host: address, port: port + 1, domain: 'relay.localhost' },
  }
}

/** @param relays if there are some, it listens nowhere, and is reached through them alone */
export function providerConfig(place: Place, role: ProviderRole, asset: Asset, relays: readonly string[]) {
  const { stateDir, rpcUrl, book, address, port, bootstrap } = place
  const hidden = relays.length > 0
  return {
    stateDir,
    rpcUrl,
    book,
    network: { listen: hidden ? [] : listenAt(place), bootstrap, relays },
    ingress: { host: address, port: port + 1, public: !hidden },
    sales: { cu: { pricing: { strategy: 'fixed', price: String(parsePrice(role.price, asset)) } } },
    settleEverySeconds: 5,
    jobs: { progressEveryTasks: 4, progressEverySeconds: 5 },
  }
}

/** As in the embedded market, for a machine that has all the others to run too. */
export function monitorConfig(place: Place) {
  const { stateDir, rpcUrl, book, bootstrap } = place
  return {
    stateDir,
    rpcUrl,
    book,
    network: { listen: listenAt(place), bootstrap },
    era: { reportDelaySeconds: ERA_SECONDS / 5, roundSeconds: ERA_SECONDS / 4 },
    probe: { meanSeconds: ERA_SECONDS / 10, timeoutMs: 3_000, allowPrivate: true },
    challenge: { meanSeconds: ERA_SECONDS / 4, deadlineMs: 3_000 },
    pingEveryMs: 2_000,
    vanishedAfterSeconds: ERA_SECONDS / 4,
    capacity: { momentsPerEra: 1, memoryKibPerUnit: 1_024, deadlineMs: 10_000 },
    jobs: { drivers: { wasm: {} } },
  }
}

export function gatewayConfig(place: Place) {
  const { stateDir, rpcUrl, book, address, port, bootstrap } = place
  return {
    stateDir,
    rpcUrl,
    book,
    http: { host: address, port: port + 1 },
    network: { listen: listenAt(place), bootstrap },
  }
}

/** Of a world: as many processes with keys as these have two ports each. */
export const DAEMONS = 1 + 3 + monitorRoles.length + 1
