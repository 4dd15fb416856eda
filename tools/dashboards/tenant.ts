import type { Board } from './board.ts'

const choice = 'market=~"$market"'

/** For who rents: of what `tender watch --metrics` tells on the tenant's own machine. */
export const tenantBoard: Board = {
  name: 'tenant',
  title: 'Tender tenant',
  description:
    'Your leases, what they cost, when they end and whether they run, as `tender watch --metrics` tells it. See docs/observability.md.',
  chooser: { label: 'market', metric: 'tender_tenant_current_leases', title: 'Market' },
  rows: [
    {
      title: 'Leases',
      panels: [
        {
          title: 'Open leases',
          description: 'That are not over.',
          unit: 'short',
          shows: 'now',
          queries: { leases: `count(tender_tenant_lease_up{${choice}}) or on() vector(0)` },
        },
        {
          title: 'In trouble',
          description: 'Whose workload does not run, or whose provider does not answer.',
          unit: 'short',
          shows: 'now',
          queries: { leases: `sum(tender_tenant_current_leases{${choice}, status=~"failed|silent|undelivered"})` },
          worry: { yellow: 1, red: 1 },
        },
        {
          title: 'Next end',
          description: 'Until the first lease ends; 0 without any. Prolong it with `tender extend`.',
          unit: 's',
          shows: 'now',
          queries: { left: `min(tender_tenant_lease_remaining_seconds{${choice}}) or on() vector(0)` },
          worry: { yellow: 86_400, red: 3_600, below: true },
        },
        {
          title: 'Balance',
          description: 'Deposited and free, in whole tokens: what the next lease or extension is paid from.',
          unit: 'short',
          shows: 'now',
          queries: { '{{symbol}}': `sum by (symbol) (tender_tenant_balance_tokens{${choice}}) or on() vector(0)` },
        },
        {
          title: 'Held',
          description: 'In escrow for open leases: for their providers to earn, or to come back.',
          unit: 'short',
          shows: 'now',
          queries: { '{{symbol}}': `sum by (symbol) (tender_tenant_held_tokens{${choice}}) or on() vector(0)` },
        },
        {
          title: 'Last look',
          description: 'Age of what is shown here. When it grows the market cannot be looked at.',
          unit: 's',
          shows: 'now',
          queries: { age: `max(tender_tenant_look_age_seconds{${choice}})` },
          worry: { yellow: 120, red: 600 },
        },
        {
          title: 'Leases by status',
          description: 'Of all leases that were ordered on this machine and are remembered.',
          unit: 'short',
          shows: 'time',
          queries: { '{{status}}': `sum by (status) (tender_tenant_current_leases{${choice}})` },
        },
        {
          title: 'Time left',
          description: 'Of each open lease.',
          unit: 's',
          shows: 'time',
          queries: { '{{name}} {{lease}}': `tender_tenant_lease_remaining_seconds{${choice}} or on() vector(0)` },
        },
        {
          title: 'Cost so far',
          description: 'Of each open lease, in whole tokens.',
          unit: 'short',
          shows: 'time',
          queries: { '{{name}} {{lease}} {{symbol}}': `tender_tenant_lease_cost_tokens{${choice}} or on() vector(0)` },
        },
        {
          title: 'Runs',
          description:
            'Whether the workload of each open lease runs, as its provider says; 0: it does not, or nobody answers.',
          unit: 'bool_yes_no',
          shows: 'time',
          queries: { '{{name}} {{lease}}': `tender_tenant_lease_up{${choice}} or on() vector(0)` },
        },
        {
          title: 'Alarms',
          description: 'That were told in the last hour, by what they are about.',
          unit: 'short',
          shows: 'time',
          queries: { '{{event}}': `sum by (event) (increase(tender_tenant_alarms_total{${choice}}[1h]))` },
        },
      ],
    },
    {
      title: 'Jobs',
      panels: [
        {
          title: 'Jobs that wait for you',
          description: 'Somebody was late with them: `tender job show` says what to do, and the money comes back.',
          unit: 'short',
          shows: 'now',
          queries: { jobs: `sum(tender_tenant_overdue_jobs{${choice}})` },
          worry: { yellow: 1, red: 1 },
        },
        {
          title: 'Next deadline',
          description: 'Until the first result has to be there; 0 without any.',
          unit: 's',
          shows: 'now',
          queries: { left: `min(tender_tenant_job_remaining_seconds{${choice}}) or on() vector(0)` },
        },
        {
          title: 'Jobs by state',
          description: 'Each lease of those that were ordered on this machine, as the chain has it.',
          unit: 'short',
          shows: 'time',
          queries: { '{{state}}': `sum by (state) (tender_tenant_current_jobs{${choice}})` },
        },
        {
          title: 'Time until deadlines',
          description: 'Of each job that is not submitted.',
          unit: 's',
          shows: 'time',
          queries: { '{{name}} {{lease}}': `tender_tenant_job_remaining_seconds{${choice}} or on() vector(0)` },
        },
      ],
    },
  ],
}
