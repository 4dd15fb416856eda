import type { LeaseId } from '@tender/driver'

/** Who a container's process is, as numbers of the host. */
export type Owner = { readonly uid: number; readonly gid: number }

/** A file or folder of the host that a container sees. */
export type HostMount = {
  /** Absolute, on the host. */
  readonly source: string
  /** Absolute, in the container. */
  readonly target: string
  readonly readOnly: boolean
}

/** The private network of one lease. */
export type LeaseNetwork = {
  readonly leaseId: LeaseId
  /** The engine's id and name for it. */
  readonly id: string
  readonly name: string
  /** The host's interface. */
  readonly bridge: string
  /** E.g. `10.213.0.64/26`. */
  readonly subnet: string
  /** The host's own address in it, of which containers can use nothing. */
  readonly gateway: string
  readonly internet: boolean
  /** To be used as `HostConfig.Dns`: without internet, one that leads nowhere. */
  readonly dns: readonly string[]
  /** Addresses for containers, in order: `address(0)` … `address(60)`. @throws {TenderError} `networkFull` */
  address(index: number): string
}
