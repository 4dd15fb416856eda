import type { Movement } from '@tender/api'

/** What a movement was, in words. */
export const movementWords: Readonly<Record<Movement['kind'], string>> = {
  deposited: 'Deposited',
  withdrawn: 'Withdrawn',
  reserved: 'Locked for an auction',
  unreserved: 'Unlocked after an auction',
  leaseOpened: 'Paid into a lease',
  leaseExtended: 'Lease extended',
  refunded: 'Back from a lease',
  earned: 'Earned by a lease',
  credited: 'Compensated from stake',
  staked: 'Staked',
  unstakeRequested: 'Unstaking asked for',
  unstaked: 'Unstaked',
  claimed: 'Stake tokens taken out',
  rewarded: 'Reward',
  commission: 'Commission',
  fee: 'Fee',
  bonded: 'Bond posted',
  verifyFee: 'Verify fee of a job',
  given: 'Moved within escrow',
  bondReturned: 'Bond returned',
  slashed: 'Slashed',
}

/** What an API token may do, in words. */
export const scopeWords = {
  'read:me': 'Read what you keep here',
  'write:me': 'Change what you keep here',
  'write:orders': 'Pass on your signed orders',
} as const
