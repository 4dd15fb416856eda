import type { Address, Hex } from 'viem'
import type { Finding } from '../finding.ts'
import { least } from './arithmetic.ts'
import type { ChainFacts, EventOf, MarketEvent } from './facts.ts'
import { createJudge, type Judge } from './judge.ts'

// Shares that nobody holds, backed by one unit, as `Staking.sol` has them.
const virtualShares = 1_000_000n
const virtualAssets = 1n
const emptySharesPerAsset = 10n ** 12n
const nobody: Address = '0x0000000000000000000000000000000000000000'
const poolOfProvider = (provider: bigint) => (1n << 160n) | provider

type PoolBook = { assets: bigint; shares: bigint; unbonding: bigint; locked: bigint; of: Map<Address, bigint> }
type Request = { pool: bigint; shares: bigint; account: Address; paid: boolean; void: boolean }

type StakeBooks = {
  pools: Map<bigint, PoolBook>
  requests: Map<bigint, Request>
  claims: Map<Address, bigint>
  /** Who owns which provider's pool; others are their keys' own. */
  owners: Map<bigint, Address>
  judge: Judge
}

/** Every pool's shares and assets, every slash, every withdrawal, by the events and the arithmetic of shares. */
export function judgeStake(facts: ChainFacts): Finding[] {
  const judge = createJudge('stake')
  const books: StakeBooks = { pools: new Map(), requests: new Map(), claims: new Map(), owners: new Map(), judge }
  for (const event of facts.events) replayOne(books, event)
  const { pools, claims } = books
  const where = { block: facts.last.block }
  let backed = 0n
  for (const [pool, told] of facts.state.pools) {
    const book = pools.get(pool) ?? emptyPool()
    const [assets, shares, unbonding, locked] = [told.assets, told.shares, told.unbonding, told.locked]
    const found = { assets, shares, unbonding, locked }
    judge.same(
      'a pool',
      { assets: book.assets, shares: book.shares, unbonding: book.unbonding, locked: book.locked },
      found,
      { pool, ...where },
    )
    const all = [...book.of.values()].reduce((sum, each) => sum + each, 0n) + book.unbonding
    judge.same("shares of a pool that are somebody's", all, shares, { pool, ...where })
    backed += book.assets
  }
  for (const [key, shares] of facts.state.shares) {
    const [pool = '', account = ''] = key.split('/')
    const book = pools.get(BigInt(pool))
    const own = [...(book?.of ?? [])].find(([holder]) => holder === account)?.[1] ?? 0n
    judge.same(`shares of ${account}`, own, shares, { pool: BigInt(pool), ...where })
  }
  for (const [account, claimable] of facts.state.claimable) {
    judge.same('commission to be claimed', claims.get(account) ?? 0n, claimable, { account, ...where })
    backed += claimable
  }
  judge.same(
    'stake tokens in the contract, against all pools and claims',
    backed + strays(facts),
    facts.state.staked,
    where,
  )
  return judge.findings
}

/** Stake tokens that were sent to the staking contract and are no stake of anybody. */
function strays({ moves, events, place }: ChainFacts): bigint {
  const { stakeToken, staking } = place.contracts
  const came = moves.filter(({ token, to }) => token === stakeToken && to === staking)
  const told = events.map((event) =>
    event.name === 'Staked'
      ? event.args.assets
      : event.name === 'Credited'
        ? event.args.toShares + event.args.commission
        : 0n,
  )
  return came.reduce((sum, { amount }) => sum + amount, 0n) - told.reduce((sum, amount) => sum + amount, 0n)
}

function emptyPool(): PoolBook {
  return { assets: 0n, shares: 0n, unbonding: 0n, locked: 0n, of: new Map() }
}

function poolIn({ pools }: StakeBooks, pool: bigint): PoolBook {
  const book = pools.get(pool) ?? emptyPool()
  pools.set(pool, book)
  return book
}

const worth = ({ assets, shares }: PoolBook, of: bigint) => (of * (assets + virtualAssets)) / (shares + virtualShares)

function replayOne(books: StakeBooks, event: MarketEvent) {
  switch (event.name) {
    case 'Transfer':
      return void books.owners.set(poolOfProvider(event.args.tokenId), event.args.to)
    case 'Staked':
      return stake(books, event)
    case 'UnstakeRequested':
      return unstake(books, event)
    case 'Unstaked':
      return withdraw(books, event)
    case 'Locked':
    case 'Unlocked': {
      const pool = poolIn(books, event.args.pool)
      pool.locked += event.name === 'Locked' ? event.args.amount : -event.args.amount
      return books.judge.same('what is locked of a pool', pool.locked, event.args.locked, whereOf(event))
    }
    case 'Slashed':
      return slash(books, event)
    case 'GenerationEnded':
      return endGeneration(books, event.args.pool)
    case 'Credited':
      return credit(books, event)
    case 'Claimed': {
      const { account, amount } = event.args
      books.judge.same('commission claimed', books.claims.get(account) ?? 0n, amount, {
        account,
        block: event.at.block,
      })
      return void books.claims.set(account, 0n)
    }
  }
}

const whereOf = ({ args, at }: { args: { pool: bigint }; at: { block: number; tx: Hex } }) => ({
  pool: args.pool,
  block: at.block,
  tx: at.tx,
})

function stake(books: StakeBooks, event: EventOf<'staking', 'Staked'>) {
  const { pool, account, assets, shares } = event.args
  const book = poolIn(books, pool)
  const due = (assets * (book.shares + virtualShares)) / (book.assets + virtualAssets)
  books.judge.same('shares for a stake', due, shares, whereOf(event))
  book.assets += assets
  book.shares += shares
  book.of.set(account, (book.of.get(account) ?? 0n) + shares)
}

/** By its holder, or after a slash for whoever was wronged: then {@link slash} took the shares off the owner before. */
function unstake(books: StakeBooks, event: EventOf<'staking', 'UnstakeRequested'>) {
  const { request, pool, account, shares } = event.args
  const book = poolIn(books, pool)
  books.requests.set(request, { pool, shares, account, paid: false, void: false })
  book.unbonding += shares
  book.of.set(account, (book.of.get(account) ?? 0n) - shares)
}

function withdraw(books: StakeBooks, event: EventOf<'staking', 'Unstaked'>) {
  const { request: id, pool, account, assets } = event.args
  const request = books.requests.get(id)
  const where = { account, ...whereOf(event) }
  if (!request) return books.judge.holds(false, `request ${id} was paid and never made`, where)
  books.judge.holds(!request.paid, `request ${id} was paid twice`, where)
  books.judge.same(`who is paid by request ${id}`, request.account, account, where)
  const book = poolIn(books, pool)
  const due = request.void ? 0n : worth(book, request.shares)
  books.judge.same(`what request ${id} is worth`, due, assets, where)
  request.paid = true
  if (request.void) return
  book.assets -= assets
  book.shares -= request.shares
  book.unbonding -= request.shares
}

/** The request that a slash makes is told before the slash itself, so the shares were taken off the beneficiary: they were the owner's. */
function slash(books: StakeBooks, event: EventOf<'staking', 'Slashed'>) {
  const { pool, asked, taken, burnt, beneficiary, request } = event.args
  const book = poolIn(books, pool)
  const where = whereOf(event)
  books.judge.same('what a slash takes', least(asked, book.assets), taken, where)
  const owner = books.owners.get(pool) ?? ownKeyOf(pool)
  const made = books.requests.get(request)
  if (made) {
    book.of.set(beneficiary, (book.of.get(beneficiary) ?? 0n) + made.shares)
    book.of.set(owner, (book.of.get(owner) ?? 0n) - made.shares)
  }
  const own = (book.of.get(owner) ?? 0n) + (made?.shares ?? 0n)
  const covered = least(taken, worth(book, own))
  books.judge.same('what a slash burns', beneficiary === nobody ? taken : taken - covered, burnt, where)
  if (beneficiary === nobody) {
    const shares =
      taken < worth(book, own)
        ? ceil(taken * (book.shares + virtualShares), book.assets + virtualAssets)
        : covered === 0n
          ? 0n
          : own
    book.of.set(owner, own - shares)
    book.shares -= shares
  }
  book.assets -= burnt
  const emptied = book.shares > book.assets * emptySharesPerAsset
  if (emptied) books.judge.holds(taken > 0n, 'a slash of nothing emptied a pool', where)
}

const ceil = (a: bigint, b: bigint) => (a + b - 1n) / b

/** The key that is the pool's id: of a monitor or a tenant. */
function ownKeyOf(pool: bigint): Address {
  return `0x${(pool & ((1n << 160n) - 1n)).toString(16).padStart(40, '0')}`
}

function endGeneration(books: StakeBooks, pool: bigint) {
  const book = poolIn(books, pool)
  Object.assign(book, { shares: 0n, unbonding: 0n, of: new Map() })
  for (const request of books.requests.values()) if (request.pool === pool) request.void = true
}

function credit(books: StakeBooks, event: EventOf<'staking', 'Credited'>) {
  const { pool, toShares, commission } = event.args
  poolIn(books, pool).assets += toShares
  if (commission === 0n) return
  const owner = books.owners.get(pool) ?? ownKeyOf(pool)
  books.claims.set(owner, (books.claims.get(owner) ?? 0n) + commission)
}
