/** Findings of one rule that are as they should be. */
export type AcceptedFindings = {
  rule: string
  reason: string
  /** Those with a comment in their line, or above it, say themselves why, and are not counted. @default false */
  said?: boolean
  /** How many there are, by file below `contracts/src`: one more, or one less, is told. */
  where: Readonly<Record<string, number>>
}

/** Constructs that no contract here may have. */
export const forbiddenConstructs: Readonly<Record<string, RegExp>> = {
  delegatecall: /\bdelegatecall\b/,
  selfdestruct: /\bselfdestruct\b/,
  'tx.origin': /\btx\.origin\b/,
  prevrandao: /\bprevrandao\b/,
  'a payable function': /\bpayable\b/,
  'a low-level call': /\.(call|staticcall)\s*[({]/,
  'ether sent': /\.(transfer|send)\(\s*[\w.]+\s*\)/,
  'assembly that may break memory': /\bassembly\s*\{/,
  'a storage write in assembly': /(?<![.\w])(sstore|tstore)\s*\(/,
}

/** Constructs whose every use was looked at. */
export const watchedConstructs: Readonly<Record<string, RegExp>> = {
  assembly: /\bassembly\b/,
  'a call in assembly': /[:=(,]\s*(call|staticcall|callcode)\s*\(/,
  unchecked: /\bunchecked\b/,
  blockhash: /\bblockhash\b/,
  'abi.encodePacked': /\babi\.encodePacked\b/,
  'a mint': /\b_?mint\(/,
}

/** What static analysis says of the contracts and was found to be right, with the reason. */
export const acceptedFindings: readonly AcceptedFindings[] = [
  {
    rule: 'unsafe-typecast',
    reason:
      'What cannot be cut off is said at each cast: a bound that was checked, or bits that are taken apart on purpose. The others: the place of a kept bid, of at most 32, a time that was compared in the line, and the lower bits of a pool, which are its owner.',
    said: true,
    where: { 'Staking.sol': 2, 'orderbook/Auctions.sol': 1, 'orderbook/Qualification.sol': 1 },
  },
  {
    rule: 'incorrect-shift',
    reason:
      'Takes `1 << index`, a bit of a set, for `index << 1`. Each index is below the width: 256 for nonces, 128 for monitors.',
    where: {
      'escrow/LeaseSlot.sol': 1,
      'jobs/Lot.sol': 1,
      'jobs/Validation.sol': 1,
      'orderbook/Nonces.sol': 1,
      'reports/Reports.sol': 1,
      'reports/Weights.sol': 2,
    },
  },
  {
    rule: 'block-timestamp',
    reason:
      'Deadlines in seconds of a protocol whose unit of money is a second. Who makes a block can move its time by seconds: docs/trust.md counts on no more.',
    where: {
      'OrderBook.sol': 1,
      'ProviderRegistry.sol': 2,
      'Rewards.sol': 1,
      'Staking.sol': 3,
      'orderbook/Auctions.sol': 4,
      'orderbook/Qualification.sol': 2,
      'reports/Reports.sol': 1,
    },
  },
  {
    rule: 'assembly',
    reason:
      'Hashes and events of words as they lie in memory or calldata, one slot read whole, ecrecover, an error passed on. Each block is `memory-safe` and writes no storage: others are forbidden above.',
    where: {
      'LeaseEscrow.sol': 1,
      'LeaseId.sol': 1,
      'Messages.sol': 3,
      'orderbook/Inputs.sol': 4,
      'orderbook/Qualification.sol': 3,
      'reports/Leaves.sol': 2,
      'reports/Reports.sol': 1,
      'reports/Weights.sol': 2,
    },
  },
  {
    rule: 'a call in assembly',
    reason:
      'To the registry and to the escrow, both immutable, with the size of the answer checked; and ecrecover, whose silence is no key.',
    where: { 'orderbook/Qualification.sol': 2, 'reports/Reports.sol': 1 },
  },
  {
    rule: 'unchecked',
    reason: 'The bound that makes an overflow impossible stands in a comment in each block.',
    where: {
      'Money.sol': 2,
      'escrow/Balances.sol': 1,
      'escrow/LeaseMath.sol': 2,
      'escrow/Leases.sol': 2,
      'orderbook/Inputs.sol': 1,
      'orderbook/Qualification.sol': 1,
      'reports/Reports.sol': 1,
    },
  },
  {
    rule: 'blockhash',
    reason:
      'Draws the validators of a job from a block that comes after the submission: docs/trust.md says what who makes that block can do.',
    where: { 'jobs/Validation.sol': 2 },
  },
  {
    rule: 'abi.encodePacked',
    reason: 'Of one array each: its elements take a whole word, so no two lists make the same bytes.',
    where: { 'jobs/JobBook.sol': 1, 'jobs/Validation.sol': 1 },
  },
  {
    rule: 'a mint',
    reason:
      'Stake tokens: once when they are made, and by Rewards within an era’s budget. A provider’s token: when it registers. The test dollar is free for all.',
    where: { 'ProviderRegistry.sol': 1, 'Rewards.sol': 1, 'StakeToken.sol': 3, 'testing/TestDollar.sol': 2 },
  },
]
