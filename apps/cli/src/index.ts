export {
  chooseBids,
  deliver,
  holdAuction,
  type OrderRecord,
  openLeases,
  orderOf,
  type Plan,
  type Tenant,
  type TenantLease,
  waitUntilRunning,
} from '@tender/tenant'
export {
  governorKey,
  type MonitorRole,
  monitorRoles,
  type ProviderRole,
  providerRoles,
  tenantKey,
} from './embedded/cast.ts'
export { setUpMonitors } from './embedded/monitors.ts'
export { deployEmbedded, setUpActors } from './embedded/setUpMarket.ts'
export {
  type DriverOf,
  type EmbeddedMarket,
  type EmbeddedMarketOptions,
  startEmbeddedMarket,
} from './embedded/startEmbeddedMarket.ts'
export { keepPlayKey } from './home/keystore.ts'
export { writeMarketProfile } from './home/marketProfile.ts'
export { openJobStore } from './jobs/jobPlaces.ts'
export { diskSources } from './tenant/diskSources.ts'
export { fetchWorkload, type WorkloadResponse } from './tenant/fetchWorkload.ts'
export { openTenantRecords } from './tenant/fileRecords.ts'
export { readCompose, readPlan } from './tenant/readPlan.ts'
export { startAgent } from './tenant/startAgent.ts'
