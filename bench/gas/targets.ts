/** Most gas that a row should take, as it was set before the contracts were written. Why some take more: docs/gas.md */
export const targets: Readonly<Record<string, number>> = {
  'match.1': 110_000,
  'match.furtherReplica': 50_000,
  'settle.1h': 50_000,
  'settle.10d': 50_000,
  'settle.withFee': 50_000,
  'settle.withFee.byPayout': 50_000,
  'settle.batch32.perLease': 15_000,
  close: 60_000,
  'lease.whole': 200_000,
  'bid.losing': 50_000,
}
