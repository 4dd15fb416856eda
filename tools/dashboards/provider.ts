import { type Board, quantiles, RATE } from './board.ts'
import { chainPanels, networkPanels } from './network.ts'

const choice = 'provider=~"$provider"'

/** For who operates providers. */
export const providerBoard: Board = {
  name: 'provider',
  title: 'Tender provider',
  description: 'Leases, jobs, earnings, capacity, refusals, the host and its visitors. See docs/observability.md.',
  chooser: { label: 'provider', metric: 'tender_provider_driver_up', title: 'Provider' },
  rows: [
    {
      title: 'Business',
      panels: [
        {
          title: 'Running leases',
          description: 'Leases whose workload runs now.',
          unit: 'short',
          shows: 'now',
          queries: { leases: `sum(tender_provider_current_leases{${choice}, phase="running"})` },
        },
        {
          title: 'Leased part',
          description: 'Of the committed units, those that leases have.',
          unit: 'percentunit',
          shows: 'now',
          queries: {
            leased: `sum(tender_provider_leased_units{${choice}}) / sum(tender_provider_committed_units{${choice}})`,
          },
        },
        {
          title: 'Settled in a day',
          description: 'What settlements of the last 24 hours brought, before fees, in whole tokens.',
          unit: 'short',
          shows: 'now',
          queries: { '{{symbol}}': `sum by (symbol) (increase(tender_provider_settled_tokens_total{${choice}}[1d]))` },
        },
        {
          title: 'Score',
          description: "Of the monitors' newest report. It makes the trust level and the rewards.",
          unit: 'percentunit',
          shows: 'now',
          queries: { score: `min(tender_provider_standing_score_ratio{${choice}})` },
          worry: { yellow: 0.9, red: 0.7, below: true },
        },
        {
          title: 'Trust level',
          description: 'That the score is worth: 1 is the best, 5 the worst, where everybody begins.',
          unit: 'none',
          shows: 'now',
          queries: { level: `max(tender_provider_standing_level_number{${choice}})` },
          worry: { yellow: 4, red: 5 },
        },
        {
          title: 'Slashed stake',
          description:
            'Stake that reports took in all eras, whole tokens. Anything at all has a reason: look at the era.',
          unit: 'short',
          shows: 'now',
          queries: { slashed: `sum(tender_provider_reported_slashed_tokens{${choice}})` },
          worry: { yellow: 0.000001, red: 100 },
        },
        {
          title: 'Leases by phase',
          description: 'Accepted ones that do not become running, and failed ones, need a look at the log.',
          unit: 'short',
          shows: 'time',
          queries: { '{{phase}}': `sum by (phase) (tender_provider_current_leases{${choice}})` },
        },
        {
          title: 'Answers to orders',
          description: 'Orders a second. Only declines: see why, at the right.',
          unit: 'ops',
          shows: 'time',
          queries: {
            '{{decision}}': `sum by (decision) (rate(tender_provider_answered_orders_total{${choice}}${RATE}))`,
          },
        },
        {
          title: 'Why orders were declined',
          description: 'Reasons in the last hour; an order may have many. A frequent one is business that is lost.',
          unit: 'short',
          shows: 'time',
          queries: {
            '{{rule}}': `sum by (rule) (increase(tender_provider_declined_orders_by_rule_total{${choice}}[1h])) or on() vector(0)`,
          },
        },
        {
          title: 'Units',
          description: 'Committed and leased, by resource class.',
          unit: 'short',
          shows: 'time',
          queries: {
            '{{resource}} committed': `sum by (resource) (tender_provider_committed_units{${choice}})`,
            '{{resource}} leased': `sum by (resource) (tender_provider_leased_units{${choice}})`,
          },
        },
        {
          title: 'Steps that failed',
          description:
            'Starts, settlements and others, in ten minutes. They are tried again; ever the same one is a fault.',
          unit: 'short',
          shows: 'time',
          queries: {
            '{{step}}': `sum by (step) (increase(tender_provider_lease_steps_total{${choice}, outcome="failed"}[10m])) or on() vector(0)`,
          },
          worry: { yellow: 1, red: 10 },
        },
        {
          title: 'Report lag',
          description:
            'Age of the newest second that an effective report covers. Monitored leases are paid by reports only.',
          unit: 's',
          shows: 'time',
          queries: { '{{instance}}': `tender_provider_report_lag_seconds{${choice}}` },
        },
      ],
    },
    {
      title: 'Jobs',
      panels: [
        {
          title: 'Open jobs',
          description: 'For which something may still have to be done.',
          unit: 'short',
          shows: 'now',
          queries: { jobs: `sum(tender_provider_current_jobs{${choice}, phase!="ended"})` },
        },
        {
          title: 'Near their deadline',
          description:
            'Begun and not submitted, with less than a tenth of their time left. One that is late is punished.',
          unit: 'short',
          shows: 'now',
          queries: { jobs: `sum(tender_provider_pressed_jobs{${choice}})` },
          worry: { yellow: 1, red: 1 },
        },
        {
          title: 'Tasks now',
          description: 'That run, and that wait for a place or to be tried again.',
          unit: 'short',
          shows: 'now',
          queries: {
            running: `sum(tender_provider_running_tasks{${choice}})`,
            waiting: `sum(tender_provider_queued_tasks{${choice}})`,
          },
        },
        {
          title: 'Content of jobs',
          description: 'On the disk: bundles, outputs and results. At `jobs.maxStoreBytes` no more jobs can be begun.',
          unit: 'bytes',
          shows: 'now',
          queries: { '{{instance}}': `tender_provider_job_content_bytes{${choice}}` },
        },
        {
          title: 'Jobs by phase',
          description: 'Failed ones cannot be run here; ones that stay drawn wait for their validators.',
          unit: 'short',
          shows: 'time',
          queries: { '{{phase}}': `sum by (phase) (tender_provider_current_jobs{${choice}})` },
        },
        {
          title: 'Tasks by how they ended',
          description:
            'A second. Failed ones exited with another code than 0, which is a result; retried ones the host failed at.',
          unit: 'ops',
          shows: 'time',
          queries: { '{{outcome}}': `sum by (outcome) (rate(tender_provider_tasks_total{${choice}}${RATE}))` },
        },
        {
          title: 'Time of tasks',
          description:
            'Half of them, and 95 of 100, took less from their start until they were recorded; 0 without any.',
          unit: 's',
          shows: 'time',
          queries: quantiles([0.5, 0.95], `tender_provider_task_seconds_bucket{${choice}}`),
        },
        {
          title: 'Steps of jobs that failed',
          description: 'Begins, submissions, draws and others, in ten minutes. They are tried again.',
          unit: 'short',
          shows: 'time',
          queries: {
            '{{step}}': `sum by (step) (increase(tender_provider_job_steps_total{${choice}, outcome="failed"}[10m])) or on() vector(0)`,
          },
          worry: { yellow: 1, red: 10 },
        },
        {
          title: 'Traffic of jobs',
          description: 'Content that came from tenants, and that tenants and validators took.',
          unit: 'Bps',
          shows: 'time',
          queries: {
            fetched: `sum(rate(tender_provider_job_content_fetched_bytes_total{${choice}}${RATE}))`,
            served: `sum(rate(tender_provider_job_content_served_bytes_total{${choice}}${RATE}))`,
          },
        },
      ],
    },
    {
      title: 'Host',
      panels: [
        {
          title: 'Drivers',
          description: 'Whether the host can run workloads of each kind. No: nothing of that kind is bid for.',
          unit: 'bool_yes_no',
          shows: 'now',
          queries: { '{{driver}}': `min by (driver) (tender_provider_driver_up{${choice}})` },
          worry: { yellow: 1, red: 1, below: true },
        },
        {
          title: 'Lost workloads',
          description: 'That the host lost in the last day although nobody asked it to; they were started again.',
          unit: 'short',
          shows: 'now',
          queries: { lost: `sum(increase(tender_provider_lost_workloads_total{${choice}}[1d]))` },
          worry: { yellow: 1, red: 10 },
        },
        {
          title: 'Adopted workloads',
          description: 'That this process found running at its start and went on with.',
          unit: 'short',
          shows: 'now',
          queries: { adopted: `sum(tender_provider_adopted_workloads_total{${choice}})` },
        },
        ...chainPanels('tender_provider', choice),
        {
          title: 'Room',
          description: 'Memory and disk that workloads could still have.',
          unit: 'bytes',
          shows: 'time',
          queries: {
            '{{instance}} {{driver}} memory': `tender_provider_host_free_memory_bytes{${choice}}`,
            '{{instance}} {{driver}} disk': `tender_provider_host_free_disk_bytes{${choice}}`,
          },
        },
      ],
    },
    {
      title: 'Visitors and peers',
      panels: [
        {
          title: 'Requests of visitors',
          description: 'By class of status. 5xx: a workload that does not answer, or one that fails by itself.',
          unit: 'reqps',
          shows: 'time',
          queries: { '{{status}}': `sum by (status) (rate(tender_provider_ingress_requests_total{${choice}}${RATE}))` },
        },
        {
          title: 'Traffic of visitors',
          description: 'Over its own listeners; what relays bring is in the traffic of peers.',
          unit: 'Bps',
          shows: 'time',
          queries: {
            received: `sum(rate(tender_provider_ingress_received_bytes_total{${choice}}${RATE}))`,
            sent: `sum(rate(tender_provider_ingress_sent_bytes_total{${choice}}${RATE}))`,
          },
        },
        ...networkPanels('tender_provider', choice),
      ],
    },
  ],
}
