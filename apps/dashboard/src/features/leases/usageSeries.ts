import type { LeaseUsage } from '@tender/network/browser'
import { cpuInUse } from '@tender/tenant'

/** Looks that the page keeps, the oldest go: half an hour. */
export const MAX_LOOKS = 900

/** Adds a look to those before, unless its provider measured nothing anew since. */
export function addLook(known: readonly LeaseUsage[], look: LeaseUsage): readonly LeaseUsage[] {
  const last = known.at(-1)
  return last && look.atMs <= last.atMs ? known : [...known, look].slice(-MAX_LOOKS)
}

/** What a chart draws, place by place. `null` where cores in use cannot be said, as at the first look. */
export type UsageSeries = {
  /** Unix seconds. */
  times: number[]
  cores: (number | null)[]
  memoryBytes: number[]
}

/** Cores and memory over all looks, of the whole lease. */
export function usageSeries(looks: readonly LeaseUsage[]): UsageSeries {
  return {
    times: looks.map(({ atMs }) => atMs / 1000),
    cores: looks.map((look, index) => coresOf(cpuInUse(looks[index - 1], look))),
    memoryBytes: looks.map(({ memoryBytes }) => memoryBytes),
  }
}

function coresOf(milli: number | undefined): number | null {
  return milli === undefined ? null : milli / 1000
}

/** One service now. `cores` as in {@link UsageSeries}. */
export type ServiceNow = LeaseUsage['services'][number] & { cores: number | null }

/** Each service at the last look. */
export function servicesNow(looks: readonly LeaseUsage[]): ServiceNow[] {
  const [before, now] = [looks.at(-2), looks.at(-1)]
  if (!now) return []
  return now.services.map((service) => {
    const earlier = before?.services.find((one) => one.service === service.service)
    const count = earlier && before && { atMs: before.atMs, cpuMs: earlier.cpuMs }
    return { ...service, cores: coresOf(cpuInUse(count, { atMs: now.atMs, cpuMs: service.cpuMs })) }
  })
}
