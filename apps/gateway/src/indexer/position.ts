/** Room for a block's logs in a position. A block with more would not fit any chain's gas. */
const LOGS_PER_BLOCK = 2 ** 20

/** One number that sorts as the chain does; exact for the first eight thousand million blocks. */
export function positionOf(block: number, logIndex: number): number {
  return block * LOGS_PER_BLOCK + logIndex
}

/** A log's place in its block. */
export function logIndexOf(position: number): number {
  return position % LOGS_PER_BLOCK
}
