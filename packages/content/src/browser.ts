// What runs in a page as well as in Node: looking into content that others have.
export { cidOf, parseCid } from './cid.ts'
export type { BlockSource } from './fetch.ts'
export {
  openRemoteContent,
  type RemoteContent,
  type RemoteContentOptions,
  type RemoteEntry,
} from './remoteContent.ts'
