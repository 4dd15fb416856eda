export { describeExit } from './describeExit.ts'
export { type Driver, isRouting, type RoutingDriver } from './driver.ts'
export {
  BadHandleError,
  NotServingError,
  StartFailedError,
  UnsupportedWorkloadError,
  WorkloadNotFoundError,
} from './errors.ts'
export type {
  Capabilities,
  Endpoint,
  ExitReason,
  ExitResult,
  Handle,
  HostReport,
  Json,
  LeaseId,
  Limits,
  LogLine,
  LogOptions,
  LogStream,
  ServiceShape,
  ServiceSpec,
  Usage,
  WorkloadSpec,
  WorkloadStatus,
} from './types.ts'
export { unsupported } from './unsupported.ts'
