// What fuzzing needs of this room, besides its index.

export { framesOver } from './frames.ts'
export { createGossip, topicNames } from './gossip.ts'
export { dialableAt } from './identity.ts'
export type { Log } from './log.ts'
export { decodeWire, decodeWireFirst, encodeWire } from './wire.ts'
