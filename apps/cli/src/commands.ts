import type { Command } from './command.ts'

/** A command as the list of commands shows it. What it does is loaded when it is needed: most of it is large. */
export type CommandEntry = {
  /** One word, or a noun and a verb. */
  name: string
  summary: string
  load(): Promise<Command>
}

/** Every command, in the order of help: a tenant's first. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'rent and run what a Compose file describes',
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    name: 'run',
    summary: 'run the job that a Compose file describes, and bring its results',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    name: 'ps',
    summary: 'list your leases',
    load: async () => (await import('./commands/ps.ts')).psCommand,
  },
  {
    name: 'job ps',
    summary: 'list your jobs',
    load: async () => (await import('./commands/job/ps.ts')).jobPsCommand,
  },
  {
    name: 'job show',
    summary: 'show all that is known of a job, its validators and their verdicts',
    load: async () => (await import('./commands/job/show.ts')).jobShowCommand,
  },
  {
    name: 'job results',
    summary: 'bring the results of a job into a folder',
    load: async () => (await import('./commands/job/results.ts')).jobResultsCommand,
  },
  {
    name: 'job pin',
    summary: 'have results kept by an IPFS node, a pinning service or on Filecoin',
    load: async () => (await import('./commands/job/pin.ts')).jobPinCommand,
  },
  {
    name: 'job accept',
    summary: 'pay for a result at once, without a verdict',
    load: async () => (await import('./commands/job/accept.ts')).jobAcceptCommand,
  },
  {
    name: 'job challenge',
    summary: 'have validators look at more tasks, for a bond',
    load: async () => (await import('./commands/job/challenge.ts')).jobChallengeCommand,
  },
  {
    name: 'job cancel',
    summary: 'end a job before its result is submitted',
    load: async () => (await import('./commands/job/cancel.ts')).jobCancelCommand,
  },
  {
    name: 'logs',
    summary: "show a workload's log",
    load: async () => (await import('./commands/logs.ts')).logsCommand,
  },
  {
    name: 'exec',
    summary: 'run a command in a container of a lease',
    load: async () => (await import('./commands/exec.ts')).execCommand,
  },
  {
    name: 'port-forward',
    summary: "reach a workload's ports from this machine alone",
    load: async () => (await import('./commands/portForward.ts')).portForwardCommand,
  },
  {
    name: 'cp',
    summary: 'copy files out of a container or into it',
    load: async () => (await import('./commands/cp.ts')).cpCommand,
  },
  {
    name: 'lease show',
    summary: 'show all that is known of a lease, and why it ended',
    load: async () => (await import('./commands/lease/show.ts')).leaseShowCommand,
  },
  {
    name: 'lease stats',
    summary: 'show what cores and memory a lease uses',
    load: async () => (await import('./commands/lease/stats.ts')).leaseStatsCommand,
  },
  {
    name: 'lease agent',
    summary: 'name another key as the agent of your leases',
    load: async () => (await import('./commands/lease/agent.ts')).leaseAgentCommand,
  },
  {
    name: 'extend',
    summary: 'prolong a lease, now or by itself whenever its end comes near',
    load: async () => (await import('./commands/extend.ts')).extendCommand,
  },
  {
    name: 'watch',
    summary: 'follow your leases, and be told before one ends',
    load: async () => (await import('./commands/watch.ts')).watchCommand,
  },
  {
    name: 'close',
    summary: 'end a lease and get the rest of its money back',
    load: async () => (await import('./commands/close.ts')).closeCommand,
  },
  {
    name: 'rate',
    summary: 'rate a lease that is over, with one to five stars',
    load: async () => (await import('./commands/rate.ts')).rateCommand,
  },
  {
    name: 'bids',
    summary: 'show what was bid for an order',
    load: async () => (await import('./commands/bids.ts')).bidsCommand,
  },
  {
    name: 'order why',
    summary: 'ask providers why they bid or did not',
    load: async () => (await import('./commands/order/why.ts')).orderWhyCommand,
  },
  {
    name: 'dispute open',
    summary: 'have a lease and an era recounted, for a bond',
    load: async () => (await import('./commands/dispute/open.ts')).disputeOpenCommand,
  },
  {
    name: 'dispute show',
    summary: 'show disputes, and how they came out',
    load: async () => (await import('./commands/dispute/show.ts')).disputeShowCommand,
  },
  {
    name: 'balance',
    summary: 'show what you have',
    load: async () => (await import('./commands/balance.ts')).balanceCommand,
  },
  {
    name: 'deposit',
    summary: 'move money into escrow, to lease with',
    load: async () => (await import('./commands/deposit.ts')).depositCommand,
  },
  {
    name: 'withdraw',
    summary: 'take money out of escrow',
    load: async () => (await import('./commands/withdraw.ts')).withdrawCommand,
  },
  {
    name: 'account new',
    summary: 'make an account, or take one in',
    load: async () => (await import('./commands/account/new.ts')).accountNewCommand,
  },
  {
    name: 'account list',
    summary: 'list the accounts on this machine',
    load: async () => (await import('./commands/account/list.ts')).accountListCommand,
  },
  {
    name: 'provider init',
    summary: 'become a provider: look at this machine, register, stake, commit',
    load: async () => (await import('./commands/provider/init.ts')).providerInitCommand,
  },
  {
    name: 'provider start',
    summary: 'sell compute',
    load: async () => (await import('./commands/provider/start.ts')).providerStartCommand,
  },
  {
    name: 'provider status',
    summary: 'show what a provider sells, runs and earns',
    load: async () => (await import('./commands/provider/status.ts')).providerStatusCommand,
  },
  {
    name: 'provider drain',
    summary: 'take no new leases, or take them again',
    load: async () => (await import('./commands/provider/drain.ts')).providerDrainCommand,
  },
  {
    name: 'provider interrupt',
    summary: 'end an interruptible lease, with notice',
    load: async () => (await import('./commands/provider/interrupt.ts')).providerInterruptCommand,
  },
  {
    name: 'provider capacity',
    summary: 'show or change how much a provider offers',
    load: async () => (await import('./commands/provider/capacity.ts')).providerCapacityCommand,
  },
  {
    name: 'provider reputation',
    summary: "show a provider's score, level and performance",
    load: async () => (await import('./commands/provider/reputation.ts')).providerReputationCommand,
  },
  {
    name: 'provider operator',
    summary: 'give a provider another operator key',
    load: async () => (await import('./commands/provider/operator.ts')).providerOperatorCommand,
  },
  {
    name: 'provider payout',
    summary: "say where a provider's leases pay to",
    load: async () => (await import('./commands/provider/payout.ts')).providerPayoutCommand,
  },
  {
    name: 'provider transfer',
    summary: 'give a provider to another owner',
    load: async () => (await import('./commands/provider/transfer.ts')).providerTransferCommand,
  },
  {
    name: 'provider leave',
    summary: 'stop selling, and take the stake back',
    load: async () => (await import('./commands/provider/leave.ts')).providerLeaveCommand,
  },
  {
    name: 'rewards show',
    summary: 'show what reports award a provider or a monitor',
    load: async () => (await import('./commands/rewards/show.ts')).rewardsShowCommand,
  },
  {
    name: 'rewards claim',
    summary: 'pay out what reports award',
    load: async () => (await import('./commands/rewards/claim.ts')).rewardsClaimCommand,
  },
  {
    name: 'era list',
    summary: 'list the monitors and their reports',
    load: async () => (await import('./commands/era/list.ts')).eraListCommand,
  },
  {
    name: 'era show',
    summary: 'show what the monitors agreed on, and what each saw',
    load: async () => (await import('./commands/era/show.ts')).eraShowCommand,
  },
  {
    name: 'report verify',
    summary: "rebuild an era's report and compare it with the chain",
    load: async () => (await import('./commands/report/verify.ts')).reportVerifyCommand,
  },
  {
    name: 'monitor init',
    summary: 'become a monitor: stake, join, write a configuration',
    load: async () => (await import('./commands/monitor/init.ts')).monitorInitCommand,
  },
  {
    name: 'monitor start',
    summary: 'watch leases and agree on what was served',
    load: async () => (await import('./commands/monitor/start.ts')).monitorStartCommand,
  },
  {
    name: 'monitor status',
    summary: 'show what a monitor watches and agrees on',
    load: async () => (await import('./commands/monitor/status.ts')).monitorStatusCommand,
  },
  {
    name: 'monitor leave',
    summary: 'leave the monitors, and take the stake back',
    load: async () => (await import('./commands/monitor/leave.ts')).monitorLeaveCommand,
  },
  {
    name: 'relay init',
    summary: 'write the configuration of a relay',
    load: async () => (await import('./commands/relay/init.ts')).relayInitCommand,
  },
  {
    name: 'relay start',
    summary: 'make providers reachable that listen nowhere public',
    load: async () => (await import('./commands/relay/start.ts')).relayStartCommand,
  },
  {
    name: 'gateway init',
    summary: 'write the configuration of a gateway',
    load: async () => (await import('./commands/gateway/init.ts')).gatewayInitCommand,
  },
  {
    name: 'gateway start',
    summary: 'serve the dashboard and the API of a market',
    load: async () => (await import('./commands/gateway/start.ts')).gatewayStartCommand,
  },
  {
    name: 'dev',
    summary: 'run a whole market on this machine',
    load: async () => (await import('./commands/dev.ts')).devCommand,
  },
  {
    name: 'demo',
    summary: 'show the whole story of a lease, in a market that is gone afterwards',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
]
