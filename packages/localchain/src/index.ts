export { anvilBinary } from './anvilBinary.ts'
export { ChainBinaryMissingError, ChainPortTakenError, ChainStartError, ChainStateCorruptError } from './errors.ts'
export { type LocalChain, localChainId, type StartChainOptions, startChain } from './startChain.ts'
