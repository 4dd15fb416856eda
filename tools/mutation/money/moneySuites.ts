/** TypeScript whose mistakes cost money or reputation, and the tests that are run on changes to it. */
export type MoneySuite = {
  name: string
  /** What is changed: patterns from the repository's root. */
  files: readonly string[]
  /** Tests that start no chain, server or process. Only those that import a changed file are run. */
  tests: readonly string[]
}

// The test of the entry reads the sources themselves, which are others while they are changed.
const protocolTests = ['packages/protocol/src/!(index).test.ts', 'packages/protocol/src/{era,jobs}/*.test.ts']

/** Each is kept on its own, so a run that was stopped goes on with the next one. */
export const moneySuites: readonly MoneySuite[] = [
  { name: 'money', files: ['packages/protocol/src/{money,decimal,units}.ts'], tests: protocolTests },
  { name: 'orders', files: ['packages/protocol/src/{order,qualify,rank,tables}.ts'], tests: protocolTests },
  {
    name: 'reputation',
    files: ['packages/protocol/src/era/{reputation,score,credits,rewards,ratings,metric,median,negativeLog}.ts'],
    tests: protocolTests,
  },
  {
    name: 'eras',
    files: [
      'packages/protocol/src/era/{computeEra,openEra,assign,observer,recounts,idleCapacity}.ts',
      'packages/protocol/src/era/{eraLeases,eraLeaves,eraMonitors,eraProviders}.ts',
    ],
    tests: protocolTests,
  },
  {
    name: 'proofs',
    files: ['packages/protocol/src/era/{tree,leaf,findLeaves,joinProofs,buildDataSet,verifyDataSet,packing}.ts'],
    tests: protocolTests,
  },
  {
    name: 'jobs',
    files: ['packages/protocol/src/jobs/{sampling,share,watermark,drawnMonitors,checkResult,taskRecord}.ts'],
    tests: protocolTests,
  },
  {
    name: 'tenant',
    files: [
      'packages/tenant/src/{changes,timeLeft,planSteps}.ts',
      'packages/tenant/src/jobs/{estimate,dueStep,jobOutcome}.ts',
    ],
    tests: ['packages/tenant/src/{plan,planSteps,changes,timeLeft}.test.ts', 'packages/tenant/src/jobs/*.test.ts'],
  },
  {
    name: 'monitor',
    files: [
      'apps/monitor/src/eras/{agreement,batchBook,judge,recountable,schedule,signatureBook}.ts',
      'apps/monitor/src/facts/factsAt.ts',
      'apps/monitor/src/jobs/decideVerdict.ts',
      'apps/monitor/src/probe/{judge,poisson,timetable}.ts',
    ],
    tests: [
      'apps/monitor/src/eras/{agreement,agreementTurns,askInTurn,batchBook,drafts,judge,parts,recountable,schedule,signatureBook}.test.ts',
      'apps/monitor/src/facts/factsAt.test.ts',
      'apps/monitor/src/jobs/decideVerdict.test.ts',
      'apps/monitor/src/probe/{judge,poisson,timetable}.test.ts',
    ],
  },
]
