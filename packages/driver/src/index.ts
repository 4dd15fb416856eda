export { describeExit } from './describeExit.ts'
export { type ContainerDriver, type Driver, isContainerDriver, isRouting, type RoutingDriver } from './driver.ts'
export {
  BadHandleError,
  NotServingError,
  PathNotFoundError,
  StartFailedError,
  UnsupportedWorkloadError,
  UpdateFailedError,
  WorkloadNotFoundError,
} from './errors.ts'
export { bundledBlob, comparisonSpec, type JobComparison, type JobTask, jobTaskSpec } from './jobTask.ts'
export { isTaskDriver, type TaskDriver } from './taskDriver.ts'
export { taskExit } from './taskExit.ts'
export { MAX_TASK_LOG_BYTES, type TaskResult, type TaskSpec } from './taskTypes.ts'
export type {
  Capabilities,
  ContainerPath,
  Dependency,
  Endpoint,
  ExecRequest,
  ExecSession,
  ExitReason,
  ExitResult,
  Gpu,
  Handle,
  Healthcheck,
  HostReport,
  Image,
  Json,
  LeaseId,
  Limits,
  LogLine,
  LogOptions,
  LogStream,
  MountedFile,
  Port,
  PortAddress,
  ServiceShape,
  ServiceSpec,
  ServiceUsage,
  Usage,
  WorkloadSpec,
  WorkloadStatus,
  WorkloadUsage,
} from './types.ts'
export { unsupported } from './unsupported.ts'
