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
export { type EmbeddedMarket, type EmbeddedMarketOptions, startEmbeddedMarket } from './embedded/startEmbeddedMarket.ts'
export { keepPlayKey } from './home/keystore.ts'
export { writeMarketProfile } from './home/marketProfile.ts'
export { holdAuction } from './tenant/auction.ts'
export { chooseBids } from './tenant/choose.ts'
export { deliver, waitUntilRunning } from './tenant/deliver.ts'
export { fetchWorkload, type WorkloadResponse } from './tenant/fetchWorkload.ts'
export { openLeases } from './tenant/match.ts'
export { type Plan, readPlan } from './tenant/plan.ts'
export { type OrderRecord, openTenantRecords, type TenantLease } from './tenant/records.ts'
export { startAgent } from './tenant/startAgent.ts'
export type { Tenant } from './tenant/tenant.ts'
export { orderOf } from './tenant/up.ts'
