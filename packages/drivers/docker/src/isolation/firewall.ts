export type FirewallOptions = {
  /** Addresses or ranges to close beside the private ones, e.g. the public address of a host behind 1:1 NAT. */
  readonly forbidden?: readonly string[]
  /** Where lease networks are, see `LeaseNetworksOptions.pool`. */
  readonly pool?: string
}

/** What lease networks may reach. The same rules for all leases, told apart by the names of their bridges. */
export type Firewall = {
  /** Puts the rules in force, whatever was there. Idempotent; some 30 ms. @throws {TenderError} `firewallFailed` */
  ensure(signal: AbortSignal): Promise<void>
  /** Takes away everything that `ensure` made. */
  remove(signal: AbortSignal): Promise<void>
}

export declare function createFirewall(options?: FirewallOptions): Firewall
