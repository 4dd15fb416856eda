export { type BlockMeter, createBlockMeter } from './blockMeter.ts'
export type { ContentTree, TreeLimits } from './build.ts'
export type { BlockLimits } from './car.ts'
export { cidOf, digestOf, MAX_BLOCK_BYTES, parseCid } from './cid.ts'
export {
  BadBlockError,
  ContentLimitError,
  ContentUnavailableError,
  MalformedContentError,
  MissingBlockError,
  StoreFullError,
} from './errors.ts'
export type { Exported } from './exportTree.ts'
export { type BlockSource, type FetchOptions, type FetchProgress, fetchContent } from './fetch.ts'
export { type FilecoinOptions, filecoinArchive } from './pinning/filecoin.ts'
export { kuboPinning } from './pinning/kubo.ts'
export { type PinningApiOptions, pinningApi } from './pinning/pinningApi.ts'
export type { PinningService, PinRequest, PinState, ServiceOptions } from './pinning/pinningService.ts'
export { type ContentStore, openContentStore } from './store.ts'
export { BAD_OUTPUT_EXIT, MOST_OUTPUT_FILES, putTaskOutput, type TaskOutput } from './taskOutput.ts'
export { type ContentEntry, type ContentNode, isSafeName } from './unixfs.ts'
