import { type Board, quantiles, RATE } from './board.ts'
import { chainPanels, networkPanels } from './network.ts'

const choice = 'monitor=~"$monitor"'

/** For who operates monitors. */
export const monitorBoard: Board = {
  name: 'monitor',
  title: 'Tender monitor',
  description: 'What monitors see, whether they agree, and what that costs. See docs/observability.md.',
  chooser: { label: 'monitor', metric: 'tender_monitor_era_number', title: 'Monitor' },
  rows: [
    {
      title: 'Eras',
      panels: [
        {
          title: 'Era',
          description: 'Whose report is agreed on now, or next. Monitors that differ do not follow the same chain.',
          unit: 'none',
          shows: 'now',
          queries: {
            newest: `max(tender_monitor_era_number{${choice}})`,
            oldest: `min(tender_monitor_era_number{${choice}})`,
          },
        },
        {
          title: 'Era elapsed',
          description: 'Above 100 % its report is late; above 200 % something keeps monitors from agreeing.',
          unit: 'percentunit',
          shows: 'now',
          queries: { elapsed: `max(tender_monitor_era_elapsed_ratio{${choice}})` },
          worry: { yellow: 1.5, red: 2 },
        },
        {
          title: 'Batches here',
          description:
            'Of the monitors with weight, those whose word on the era is here. Below two thirds no report comes.',
          unit: 'percentunit',
          shows: 'now',
          queries: { batches: `min(tender_monitor_era_batches_ratio{${choice}})` },
        },
        {
          title: 'Weight',
          description: 'Part of the weight of all monitors. 0: its reports and probes count for nothing.',
          unit: 'percentunit',
          shows: 'now',
          queries: { weight: `sum(tender_monitor_weight_ratio{${choice}})` },
          worry: { yellow: 0.0001, red: 0.0001, below: true },
        },
        ...chainPanels('tender_monitor', choice),
        {
          title: 'Reports',
          description: 'In the last hour: proposed as leader, signed for others, taken to the chain.',
          unit: 'short',
          shows: 'time',
          queries: {
            led: `sum(increase(tender_monitor_reports_led_total{${choice}}[1h]))`,
            signed: `sum(increase(tender_monitor_reports_signed_total{${choice}}[1h]))`,
            posted: `sum(increase(tender_monitor_reports_posted_total{${choice}}[1h]))`,
          },
        },
        {
          title: 'Refused reports',
          description: 'That it did not sign, by why. `otherResult` again and again: it or the others compute wrongly.',
          unit: 'short',
          shows: 'time',
          queries: {
            '{{reason}}': `sum by (reason) (increase(tender_monitor_reports_refused_total{${choice}}[1h])) or on() vector(0)`,
          },
          worry: { yellow: 1, red: 5 },
        },
        {
          title: 'Rounds and attempts',
          description: 'Each leader that does not post costs a round; each veto begins an attempt.',
          unit: 'none',
          shows: 'time',
          queries: {
            round: `max(tender_monitor_era_round_number{${choice}})`,
            attempt: `max(tender_monitor_era_attempt_number{${choice}})`,
          },
        },
        {
          title: 'Report lag',
          description: 'Age of the newest second that a posted report covers: an era and its delay while all is well.',
          unit: 's',
          shows: 'time',
          queries: {
            lag: `max(tender_monitor_report_lag_seconds{${choice}})`,
            'an era': `max(tender_monitor_era_length_seconds{${choice}})`,
          },
        },
        {
          title: 'Gas used',
          description: 'A second, by all transactions: reports, credits, slashes, ends.',
          unit: 'short',
          shows: 'time',
          queries: { '{{instance}}': `sum by (instance) (rate(tender_monitor_chain_gas_total{${choice}}${RATE}))` },
        },
      ],
    },
    {
      title: 'Probes',
      panels: [
        {
          title: 'Watched leases',
          description: 'That these monitors were drawn for and look at now.',
          unit: 'short',
          shows: 'now',
          queries: { leases: `sum(tender_monitor_watched_leases{${choice}})` },
        },
        {
          title: 'Good probes',
          description: 'Of those in the last ten minutes in which the monitor was not cut off; 0 without any.',
          unit: 'percentunit',
          shows: 'now',
          queries: {
            good: `sum(rate(tender_monitor_probes_total{${choice}, outcome="good"}[10m])) / (sum(rate(tender_monitor_probes_total{${choice}, outcome!="blind"}[10m])) > 0) or on() vector(0)`,
          },
        },
        {
          title: 'Reaches the others',
          description: 'No: it is cut off from the other monitors, and its probes count for nothing.',
          unit: 'bool_yes_no',
          shows: 'now',
          queries: { reaches: `min(tender_monitor_mesh_up{${choice}})` },
          worry: { yellow: 1, red: 1, below: true },
        },
        {
          title: 'Blind time',
          description: 'In the last day, of the monitor that was cut off the longest.',
          unit: 's',
          shows: 'now',
          queries: { blind: `max(increase(tender_monitor_blind_seconds_total{${choice}}[1d]))` },
          worry: { yellow: 60, red: 900 },
        },
        {
          title: 'Proven capacity',
          description: 'Of the committed units that were tried in the last hour; 0 without any trial.',
          unit: 'percentunit',
          shows: 'now',
          queries: {
            proven: `sum(increase(tender_monitor_capacity_proven_units_total{${choice}}[1h])) / (sum(increase(tender_monitor_capacity_tried_units_total{${choice}}[1h])) > 0) or on() vector(0)`,
          },
        },
        {
          title: 'Ended leases',
          description: 'In the last day, since their provider had vanished.',
          unit: 'short',
          shows: 'now',
          queries: { ended: `sum(increase(tender_monitor_ended_leases_total{${choice}}[1d]))` },
        },
        {
          title: 'Probes by outcome',
          description: "Bad ones lower the score of providers; blind ones are this monitor's own trouble.",
          unit: 'ops',
          shows: 'time',
          queries: {
            '{{kind}} {{outcome}}': `sum by (kind, outcome) (rate(tender_monitor_probes_total{${choice}}${RATE}))`,
          },
        },
        {
          title: 'Latency of good probes',
          description: 'Half of them, and 95 of 100, took less until the answer began; 0 without any.',
          unit: 's',
          shows: 'time',
          queries: quantiles([0.5, 0.95], `tender_monitor_probe_latency_seconds_bucket{${choice}}`),
          worry: { yellow: 1, red: 2.5 },
        },
        {
          title: 'Other monitors',
          description: 'With weight. It must reach at least half of their weight.',
          unit: 'short',
          shows: 'time',
          queries: { others: `max(tender_monitor_other_monitor_peers{${choice}})` },
        },
      ],
    },
    {
      title: 'Jobs',
      panels: [
        {
          title: 'Jobs to judge',
          description: 'That these monitors were drawn for and that are not over.',
          unit: 'short',
          shows: 'now',
          queries: { jobs: `sum(tender_monitor_validated_leases{${choice}})` },
        },
        {
          title: 'Declined jobs',
          description:
            'In the last day: too dear to judge, or of a kind that does not run here. Each is a fee not earned.',
          unit: 'short',
          shows: 'now',
          queries: { jobs: `sum(increase(tender_monitor_jobs_declined_total{${choice}}[1d]))` },
        },
        {
          title: 'Verdicts',
          description: 'Signed in the last hour. Ones that failed took the price from a provider.',
          unit: 'short',
          shows: 'time',
          queries: {
            '{{verdict}}': `sum by (verdict) (increase(tender_monitor_verdicts_signed_total{${choice}}[1h]))`,
          },
        },
        {
          title: 'Time to a verdict',
          description:
            'Half of them, and 95 of 100, took less from the draw to the signature; 0 without any. Too long, and others are drawn.',
          unit: 's',
          shows: 'time',
          queries: quantiles([0.5, 0.95], `tender_monitor_verdict_seconds_bucket{${choice}}`),
        },
        {
          title: 'Tasks run again',
          description: 'In the last hour, by whether the output of the provider was the same.',
          unit: 'short',
          shows: 'time',
          queries: { '{{outcome}}': `sum by (outcome) (increase(tender_monitor_judged_tasks_total{${choice}}[1h]))` },
        },
        {
          title: 'Jobs by state',
          description: 'How far these monitors are. Unserved: what they need to judge does not come.',
          unit: 'short',
          shows: 'time',
          queries: { '{{state}}': `sum by (state) (tender_monitor_validated_leases{${choice}})` },
        },
        {
          title: 'Traffic of jobs',
          description: 'Content that was fetched to judge, and that other validators took from here.',
          unit: 'Bps',
          shows: 'time',
          queries: {
            fetched: `sum(rate(tender_monitor_job_content_fetched_bytes_total{${choice}}${RATE}))`,
            served: `sum(rate(tender_monitor_job_content_served_bytes_total{${choice}}${RATE}))`,
          },
        },
      ],
    },
    { title: 'Peers', panels: networkPanels('tender_monitor', choice) },
  ],
}
