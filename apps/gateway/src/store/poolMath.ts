// The staking contract's arithmetic, to the smallest unit.

type Pool = { assets: bigint; shares: bigint; unbonding: bigint }

/** Shares that nobody holds, backed by one unit that nobody put in. */
const VIRTUAL_SHARES = 1_000_000n
const VIRTUAL_ASSETS = 1n

/** What shares of a pool are worth, stake tokens' smallest units, rounded down. */
export function sharesWorth({ assets, shares }: Pool, held: bigint): bigint {
  return (held * (assets + VIRTUAL_ASSETS)) / (shares + VIRTUAL_SHARES)
}

/** The pool without what is unbonding, rounded down. */
export function bondedOf(pool: Pool): bigint {
  return sharesWorth(pool, pool.shares - pool.unbonding)
}

/** How many of its owner's `held` bonded shares a slash of `amount` takes first. */
export function ownShares(pool: Pool, held: bigint, amount: bigint): bigint {
  const worth = sharesWorth(pool, held)
  if (amount === 0n || worth === 0n) return 0n
  if (amount >= worth) return held
  const { assets, shares } = pool
  const divisor = assets + VIRTUAL_ASSETS
  return (amount * (shares + VIRTUAL_SHARES) + divisor - 1n) / divisor
}
