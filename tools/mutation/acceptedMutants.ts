/** Survivors that no test has to notice. */
export type AcceptedMutant = {
  file: string
  reason: string
  /** `operator: before → after`, one for each that survives. One that does not survive any more is told. */
  mutants: readonly string[]
}

/** Changes that were looked at and found to make no difference that matters, with the reason. */
export const acceptedMutants: readonly AcceptedMutant[] = [
  {
    file: 'contracts/src/LeaseEscrow.sol',
    reason:
      'A lease that ends when it began costs nothing either way; to ask again who operates a provider is only dearer.',
    mutants: ['boundary: newEnd > terms.start → newEnd >= terms.start', 'condition: served != t.provider → true'],
  },
  {
    file: 'contracts/src/escrow/Balances.sol',
    reason: 'To credit nothing changes nothing: it is only cheaper not to.',
    mutants: ['condition: amount != 0 → true'],
  },
  {
    file: 'contracts/src/escrow/LeaseMath.sol',
    reason: 'The same at the bound: no time since the start, a reach back to the beginning of time, two equal numbers.',
    mutants: [
      'boundary: until > start → until >= start',
      'boundary: maxSilence >= now_ → maxSilence > now_',
      'boundary: a < b → a <= b',
      'boundary: a > b → a >= b',
    ],
  },
  {
    file: 'contracts/src/escrow/LeaseSlot.sol',
    reason: 'Nobody asks of a job until when it was settled: it is paid at once.',
    mutants: [
      'arithmetic: uint256(start) << SETTLED_UNTIL → uint256(start) >> SETTLED_UNTIL',
      'constant: SETTLED_UNTIL → SETTLED_UNTIL + 1',
    ],
  },
  {
    file: 'contracts/src/escrow/Leases.sol',
    reason: 'What a batch owes one account may be credited in one piece or in several: one is cheaper.',
    mutants: ['condition: tally.payout != payout || tally.asset != asset → true'],
  },
  {
    file: 'contracts/src/Staking.sol',
    reason: 'To add nothing changes nothing: it is only cheaper not to.',
    mutants: ['boundary: commission > 0 → commission >= 0'],
  },
  {
    file: 'contracts/src/jobs/Lot.sol',
    reason: 'Nobody is left out of a lot because of nobody: it is only cheaper not to look.',
    mutants: ['condition: former.length == 0 → false'],
  },
  {
    file: 'contracts/src/orderbook/Qualification.sol',
    reason: 'The same at the bound: two equal times.',
    mutants: ['boundary: latest < until → latest <= until'],
  },
  {
    file: 'contracts/src/reports/Reports.sol',
    reason:
      'A report is posted once the one before it is effective, so whichever of two earlier ones is asked was effective before now.',
    mutants: ['number: 1 → 2'],
  },
  {
    file: 'apps/monitor/src/eras/batchBook.ts',
    reason: 'Every key comes after no key at all.',
    mutants: ['ConditionalExpression: index === 0 → false'],
  },
  {
    file: 'apps/monitor/src/eras/signatureBook.ts',
    reason: 'What is kept already may be kept again.',
    mutants: ['ConditionalExpression: !before → true'],
  },
  {
    file: 'apps/monitor/src/eras/agreement.ts',
    reason: 'For the type: an era that has no end yet has no stage either.',
    mutants: ['ConditionalExpression: until === undefined → false'],
  },
  {
    file: 'apps/monitor/src/eras/judge.ts',
    reason: 'For the type: what is empty was accepted a line before.',
    mutants: ['OptionalChaining: left[0]?.header → left[0].header'],
  },
  {
    file: 'apps/monitor/src/eras/recountable.ts',
    reason: 'No era is there twice.',
    mutants: ['EqualityOperator: left < right → left <= right'],
  },
  {
    file: 'apps/monitor/src/eras/schedule.ts',
    reason: 'No two monitors have the same hash.',
    mutants: ['EqualityOperator: left.place < right.place → left.place <= right.place'],
  },
  {
    file: 'apps/monitor/src/facts/factsAt.ts',
    reason:
      'No other event has a tier. What has no units committed is in no list, whatever its provider and class. Every lease has an end since it was opened, before which nobody asks.',
    mutants: [
      "ConditionalExpression: event.type === 'penalty' → true",
      "ConditionalExpression: event.type !== 'committed' → false",
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'OptionalChaining: ends.findLast((change) => change.block <= block)?.end → ends.findLast(change => change.block <= block).end',
    ],
  },
  {
    file: 'apps/monitor/src/jobs/decideVerdict.ts',
    reason: 'Validators that agree are more than half of those drawn. No time is before one that is not there.',
    mutants: [
      'EqualityOperator: 2 * agreed.passed > drawn → 2 * agreed.passed >= drawn',
      'ConditionalExpression: challengeUntil !== undefined → true',
    ],
  },
  {
    file: 'apps/monitor/src/probe/poisson.ts',
    reason:
      'However time is cut, the process forgets; numbers that are drawn otherwise are drawn as evenly. A text is after no time. A moment just at the end of its slot, and two draws of 4,294,967,296, do not come.',
    mutants: [
      'ArithmeticOperator: meanMs * PROBES_PER_SLOT → meanMs / PROBES_PER_SLOT',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ObjectLiteral: { size: 8 } → {}',
      'EqualityOperator: at < slotMs → at <= slotMs',
      'ConditionalExpression: at === block.length → true',
      'EqualityOperator: at === block.length → at !== block.length',
      'ArithmeticOperator: value + 1 → value - 1',
    ],
  },
  {
    file: 'apps/monitor/src/probe/timetable.ts',
    reason: 'It is aborted once. Nothing is before the first place. Of two at one moment either may be first.',
    mutants: [
      'ObjectLiteral: { once: true } → {}',
      'BooleanLiteral: true → false',
      'EqualityOperator: at > 0 → at >= 0',
      'EqualityOperator: parent.atMs <= due.atMs → parent.atMs < due.atMs',
      'EqualityOperator: child.atMs >= last.atMs → child.atMs > last.atMs',
      'EqualityOperator: (heap[right]?.atMs ?? Number.POSITIVE_INFINITY) < (heap[left]?.atMs ?? Number.POSITIVE_INFINITY) → (heap[right]?.atMs ?? Number.POSITIVE_INFINITY) <= (heap[left]?.atMs ?? Number.POSITIVE_INFINITY)',
    ],
  },
  {
    file: 'packages/protocol/src/money.ts',
    reason: 'The pattern has a symbol whenever it has a number; the question is there for the type.',
    mutants: ['ConditionalExpression: symbol === undefined → false'],
  },
  {
    file: 'packages/protocol/src/decimal.ts',
    reason: 'The same at the bound: a number times or divided by one, and nothing taken from zero.',
    mutants: ['EqualityOperator: decimals >= scale → decimals > scale', 'EqualityOperator: value < 0n → value <= 0n'],
  },
  {
    file: 'packages/protocol/src/units.ts',
    reason: 'A second is one second.',
    mutants: ['ArithmeticOperator: (seconds ?? 0) * secondsIn.s → (seconds ?? 0) / secondsIn.s'],
  },
  {
    file: 'packages/protocol/src/era/assign.ts',
    reason: 'For the type: every index is one of a monitor.',
    mutants: [
      'OptionalChaining: monitors[index]?.monitor → monitors[index].monitor',
      'OptionalChaining: monitors[index]?.weight → monitors[index].weight',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ConditionalExpression: other === undefined → false',
      'EqualityOperator: place > 0 → place >= 0',
    ],
  },
  {
    file: 'packages/protocol/src/era/assign.ts',
    reason:
      'Only faster: a race that all win, a place that is taken away again, an exact comparison where doubles tell.',
    mutants: [
      'ConditionalExpression: all.length <= redundancy → false',
      'EqualityOperator: all.length <= redundancy → all.length < redundancy',
      'ConditionalExpression: place === count → false',
      'ConditionalExpression: left !== right → false',
    ],
  },
  {
    file: 'packages/protocol/src/era/assign.ts',
    reason: 'Equal ones were told apart before.',
    mutants: ['EqualityOperator: left < right → left <= right', 'EqualityOperator: difference < 0n → difference <= 0n'],
  },
  {
    file: 'packages/protocol/src/rank.ts',
    reason: 'Equal scores were told apart before.',
    mutants: ['EqualityOperator: a.score < b.score → a.score <= b.score'],
  },
  {
    file: 'packages/protocol/src/era/computeEra.ts',
    reason:
      'A lease without stars has none either way; no lease is there twice, and what is sorted is sorted again; before all but the first batch there is one.',
    mutants: [
      'ConditionalExpression: step.stars !== undefined → true',
      'EqualityOperator: a.lease < b.lease → a.lease <= b.lease',
      'ConditionalExpression: others.length > 0 → true',
      'EqualityOperator: others.length > 0 → others.length >= 0',
      'OptionalChaining: batches[index - 1]?.monitor → batches[index - 1].monitor',
    ],
  },
  {
    file: 'packages/protocol/src/era/eraLeases.ts',
    reason:
      'What has neither figures nor stars counts for nothing either way; no monitor has that word for its place; the others are there for the type.',
    mutants: [
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'LogicalOperator: record === undefined || (metric === undefined && stars === undefined) → record === undefined && metric === undefined && stars === undefined',
      'ConditionalExpression: record === undefined → false',
      'ConditionalExpression: metric === undefined && stars === undefined → false',
      'EqualityOperator: next < previous.leases.length → next <= previous.leases.length',
      'ConditionalExpression: record === undefined → false',
    ],
  },
  {
    file: 'packages/protocol/src/era/idleCapacity.ts',
    reason: 'A word is of no provider.',
    mutants: ['ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    file: 'packages/protocol/src/era/observer.ts',
    reason:
      'What is packed can be read as a list too, slowly; behind the end is nothing; the question is there for the type.',
    mutants: [
      'EqualityOperator: next < list.length → next <= list.length',
      'EqualityOperator: next < length → next <= length',
      'ConditionalExpression: observation === undefined → false',
      "BlockStatement: { return 'packed' in list } → {}",
    ],
  },
  {
    file: 'packages/protocol/src/era/openEra.ts',
    reason:
      'One part is read as it is or copied; of whom there is a batch there is a first; no two batches of one monitor are the same.',
    mutants: [
      'ConditionalExpression: only && parts.length === 1 → false',
      'ConditionalExpression: first → true',
      'EqualityOperator: keyOf(a) < keyOf(b) → keyOf(a) <= keyOf(b)',
    ],
  },
  {
    file: 'packages/protocol/src/era/joinProofs.ts',
    reason: 'Only the root has no parent, and it alone has no sibling; of two equal hashes either is the first.',
    mutants: [
      'EqualityOperator: head < queue.length → head <= queue.length',
      'LogicalOperator: !node?.parent || !node.sibling → !node?.parent && !node.sibling',
      'OptionalChaining: node?.parent → node.parent',
      'EqualityOperator: compareBytes(pair, 0, pair, HASH_BYTES, HASH_BYTES) > 0 → compareBytes(pair, 0, pair, HASH_BYTES, HASH_BYTES) >= 0',
    ],
  },
  {
    file: 'packages/protocol/src/era/findLeaves.ts',
    reason: 'Both sides of the comparison are made so.',
    mutants: ['MethodExpression: String(value).toLowerCase() → String(value).toUpperCase()'],
  },
  {
    file: 'packages/protocol/src/era/leaf.ts',
    reason: 'Zeros are written where zeros are.',
    mutants: ['ConditionalExpression: value >> 64n === 0n → false'],
  },
  {
    file: 'packages/protocol/src/era/rewards.ts',
    reason: 'Of two equal amounts either may be taken, and a sort asks only which of two comes first.',
    mutants: [
      'EqualityOperator: most < part → most <= part',
      'ConditionalExpression: left > right → false',
      'EqualityOperator: left > right → left >= right',
    ],
  },
  {
    file: 'packages/protocol/src/era/score.ts',
    reason: 'The same at the bound: a score that moves by nothing, and a confidence of all.',
    mutants: ['EqualityOperator: difference > 0 → difference >= 0', 'EqualityOperator: paid >= full → paid > full'],
  },
  {
    file: 'packages/protocol/src/era/reputation.ts',
    reason: 'A figure that is not known is undefined, written down or not.',
    mutants: [
      'ObjectLiteral: { uptimeBps: undefined, consistencyBps: undefined, availabilityBps: undefined, complianceBps: undefined, auditBps: undefined, } → {}',
    ],
  },
  {
    file: 'packages/protocol/src/era/metric.ts',
    reason:
      'There for the types: a monitor that was drawn is in the list, and so is the middle of two places. A word among sightings has no times.',
    mutants: [
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'OptionalChaining: list.at(middle)?.lease → list.at(middle).lease',
      'OptionalChaining: monitors[index]?.monitor → monitors[index].monitor',
      'OptionalChaining: monitors[monitor]?.monitor → monitors[monitor].monitor',
    ],
  },
  {
    file: 'packages/protocol/src/era/metric.ts',
    reason: 'Who was drawn and who saw are the same list then, made once to save memory.',
    mutants: ['ConditionalExpression: seen.length === addresses.length → false'],
  },
  {
    file: 'packages/protocol/src/era/recounts.ts',
    reason:
      'Facts that lack a lease say nothing of it either: the questions are there for the types. Nothing is taken from nothing.',
    mutants: [
      'LogicalOperator: lease === undefined || now === undefined → lease === undefined && now === undefined',
      'ConditionalExpression: lease === undefined → false',
      'ConditionalExpression: now === undefined → false',
      'EqualityOperator: credit > 0n → credit >= 0n',
    ],
  },
  {
    file: 'packages/protocol/src/era/recounts.ts',
    reason: 'What is sorted has no lease and era twice.',
    mutants: [
      'EqualityOperator: a.lease < b.lease → a.lease <= b.lease',
      'EqualityOperator: a.era < b.era → a.era <= b.era',
    ],
  },
  {
    file: 'packages/protocol/src/era/eraProviders.ts',
    reason:
      'Nothing is nothing in any asset: asked to save work. No provider is there twice, and a word in a list is no place.',
    mutants: [
      'ConditionalExpression: lease.fees === 0n → false',
      'EqualityOperator: a < b → a <= b',
      'ArrayDeclaration: [] → ["Stryker was here"]',
      'ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    file: 'packages/protocol/src/era/eraMonitors.ts',
    reason:
      'Fees of nothing are shared as nothing: asked to save work. No monitor and no asset is there twice; each has a share.',
    mutants: [
      'ConditionalExpression: step.lease.fees > 0n → true',
      'EqualityOperator: step.lease.fees > 0n → step.lease.fees >= 0n',
      'EqualityOperator: a.monitor < b.monitor → a.monitor <= b.monitor',
      'EqualityOperator: a.asset < b.asset → a.asset <= b.asset',
      'ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    file: 'packages/tenant/src/jobs/dueStep.ts',
    reason: 'No moment is after none, and what ends without a word returns nothing.',
    mutants: [
      'ConditionalExpression: moment !== undefined → true',
      "ConditionalExpression: case 'ended': return undefined → case 'ended':",
    ],
  },
  {
    file: 'packages/protocol/src/era/negativeLog.ts',
    reason: 'Shifted by one to the left of its last bit, that number is nothing too.',
    mutants: ['ConditionalExpression: exponent === 32 → false'],
  },
  {
    file: 'packages/protocol/src/jobs/drawnMonitors.ts',
    reason: 'A remainder has the sign of what is divided, whatever it is divided by.',
    mutants: ['ArithmeticOperator: sum + weight → sum - weight'],
  },
  {
    file: 'packages/protocol/src/jobs/sampling.ts',
    reason: 'No step is beyond the tasks: asked for the type.',
    mutants: [
      'ConditionalExpression: taken === undefined || other === undefined → false',
      'LogicalOperator: taken === undefined || other === undefined → taken === undefined && other === undefined',
      'ConditionalExpression: taken === undefined → false',
      'ConditionalExpression: other === undefined → false',
      "CallExpression: throw new RangeError('a step beyond the tasks') → ;",
    ],
  },
  {
    file: 'packages/protocol/src/era/tree.ts',
    reason:
      'Two places more than there are nodes stay empty; where a leaf after the last one would be is a pair that is hashed later; of two equal hashes either is the first.',
    mutants: [
      'ArithmeticOperator: 2 * size - 1 → 2 * size + 1',
      'EqualityOperator: index < size → index <= size',
      'EqualityOperator: compareBytes(nodes, left, nodes, right, HASH_BYTES) > 0 → compareBytes(nodes, left, nodes, right, HASH_BYTES) >= 0',
    ],
  },
  {
    file: 'packages/tenant/src/jobs/jobOutcome.ts',
    reason: 'Asks the chain: tried end to end.',
    mutants: [
      'BlockStatement: { const end = await findJobEnd(market, lease) return end && outcomeFrom(lease, end, await findJobEvents(market, { lease: lease.leaseId })) } → {}',
      'ConditionalExpression: end && outcomeFrom(lease, end, await findJobEvents(market, { lease: lease.leaseId })) → true',
      'ConditionalExpression: end && outcomeFrom(lease, end, await findJobEvents(market, { lease: lease.leaseId })) → false',
      'LogicalOperator: end && outcomeFrom(lease, end, await findJobEvents(market, { lease: lease.leaseId })) → end || outcomeFrom(lease, end, await findJobEvents(market, { lease: lease.leaseId }))',
      'ObjectLiteral: { lease: lease.leaseId } → {}',
    ],
  },
  {
    file: 'packages/protocol/src/era/packing.ts',
    reason:
      'How much room is made, and hex that is not made, are work that is saved; the first record lies behind the format and its count, never at zero.',
    mutants: [
      'EqualityOperator: length > bytes.length → length >= bytes.length',
      'ArithmeticOperator: 2 * bytes.length → 2 / bytes.length',
      'EqualityOperator: previous >= 0 → previous > 0',
      'EqualityOperator: previous >= 0 → previous > 0',
      'BooleanLiteral: true → false',
    ],
  },
  {
    file: 'packages/tenant/src/changes.ts',
    reason: 'Each spread has a name: asked for the type.',
    mutants: ['OptionalChaining: nameOf(spreads, spread)?.replace → nameOf(spreads, spread).replace'],
  },
  {
    file: 'packages/tenant/src/timeLeft.ts',
    reason: 'What ends without a word returns nothing.',
    mutants: ["ConditionalExpression: case 'far': return undefined → case 'far':"],
  },
]
