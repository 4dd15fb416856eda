/** The states of an auction on chain, by the contract's number. */
export const auctionStates = ['none', 'active', 'closed', 'complete'] as const
