import { type Board, quantiles, RATE } from './board.ts'

/** For who looks after a market: the chain's view of it by a gateway, and all daemons that are scraped. */
export const marketBoard: Board = {
  name: 'market',
  title: 'Tender market',
  description:
    'The whole market as a gateway knows it from the chain, and the daemons that are scraped. See docs/observability.md.',
  rows: [
    {
      title: 'Market',
      panels: [
        {
          title: 'Running leases',
          description: 'Of all providers, as the chain has them.',
          unit: 'short',
          shows: 'now',
          queries: { leases: 'max(tender_gateway_market_running_leases)' },
        },
        {
          title: 'Active providers',
          description: 'That may sell.',
          unit: 'short',
          shows: 'now',
          queries: { providers: 'max(tender_gateway_market_active_providers)' },
        },
        {
          title: 'Leased part',
          description: 'Of the committed units of all classes, those that leases have.',
          unit: 'percentunit',
          shows: 'now',
          queries: {
            leased:
              'sum(max by (resource) (tender_gateway_market_leased_units)) / sum(max by (resource) (tender_gateway_market_committed_units))',
          },
        },
        {
          title: 'Leases in a day',
          description: 'That were opened in the last 24 hours.',
          unit: 'short',
          shows: 'now',
          queries: { opened: 'max(increase(tender_gateway_market_opened_leases_total[1d]))' },
        },
        {
          title: 'Report lag',
          description: 'Age of the newest second that a posted report covers. Grows: monitors do not agree.',
          unit: 's',
          shows: 'now',
          queries: { lag: 'min(tender_monitor_report_lag_seconds)' },
        },
        {
          title: 'Monitors cut off',
          description: 'That do not reach half of the weight of the others. More than a third: no report can come.',
          unit: 'short',
          shows: 'now',
          queries: { 'cut off': 'count(tender_monitor_mesh_up) - sum(tender_monitor_mesh_up)' },
          worry: { yellow: 1, red: 2 },
        },
        {
          title: 'Units',
          description: 'Committed and leased, by resource class. Where they meet prices rise.',
          unit: 'short',
          shows: 'time',
          queries: {
            '{{resource}} committed': 'max by (resource) (tender_gateway_market_committed_units)',
            '{{resource}} leased': 'max by (resource) (tender_gateway_market_leased_units)',
          },
        },
        {
          title: 'Orders heard',
          description:
            'Orders a second that gossip brought, as the best connected daemon heard them, and how they were answered.',
          unit: 'ops',
          shows: 'time',
          queries: {
            orders: `max(rate(tender_provider_network_gossip_messages_total{topic="orders", outcome="accepted"}${RATE}))`,
            '{{decision}}': `sum by (decision) (rate(tender_provider_answered_orders_total${RATE}))`,
          },
        },
        {
          title: 'Open jobs',
          description:
            'As the chain has them. Recalled and redrawn: their first validators came to no verdict in time.',
          unit: 'short',
          shows: 'time',
          queries: { '{{state}}': 'max by (state) (tender_gateway_market_open_jobs)' },
        },
        {
          title: 'Judged jobs',
          description: 'In the last hour, by whether the result was good.',
          unit: 'short',
          shows: 'time',
          queries: {
            'passed {{passed}}': 'max by (passed) (increase(tender_gateway_market_judged_jobs_total[1h]))',
          },
        },
        {
          title: 'Settled',
          description: 'By the providers that are scraped, in whole tokens an hour, before fees.',
          unit: 'short',
          shows: 'time',
          queries: { '{{symbol}}': 'sum by (symbol) (increase(tender_provider_settled_tokens_total[1h]))' },
        },
        {
          title: 'Good probes',
          description: 'Of all kinds, by all monitors that are scraped; 0 without any.',
          unit: 'percentunit',
          shows: 'time',
          queries: {
            good: `sum(rate(tender_monitor_probes_total{outcome="good"}${RATE})) / (sum(rate(tender_monitor_probes_total{outcome!="blind"}${RATE})) > 0) or on() vector(0)`,
          },
          worry: { yellow: 0.95, red: 0.8, below: true },
        },
        {
          title: 'Scores',
          description: 'Of the providers that are scraped.',
          unit: 'percentunit',
          shows: 'time',
          queries: { '{{instance}}': 'tender_provider_standing_score_ratio' },
        },
        {
          title: 'Scraped daemons',
          description: 'That answer, by job. One that is missing may be down.',
          unit: 'short',
          shows: 'time',
          queries: { '{{job}}': 'sum by (job) (up{job=~"tender-.*"})' },
        },
      ],
    },
    {
      title: 'Gateway',
      panels: [
        {
          title: 'Index lag',
          description: 'Blocks that are not in the database yet. Grows: the database or the RPC endpoint is slow.',
          unit: 'short',
          shows: 'now',
          queries: { blocks: 'max(tender_gateway_index_lag_blocks)' },
          worry: { yellow: 20, red: 200 },
        },
        {
          title: 'Reorganisations',
          description:
            'In the last day: how often the chain took back blocks that were indexed. The index reads them anew.',
          unit: 'short',
          shows: 'now',
          queries: { times: 'sum(increase(tender_gateway_index_reorganisations_total[1d]))' },
          worry: { yellow: 5, red: 50 },
        },
        {
          title: 'Live pages',
          description: 'Streams of events that are open.',
          unit: 'short',
          shows: 'now',
          queries: { streams: 'sum(tender_gateway_live_listeners_connections)' },
        },
        {
          title: 'Pipes',
          description: 'Connections of pages to peers now.',
          unit: 'short',
          shows: 'now',
          queries: { pipes: 'sum(tender_gateway_pipe_open_connections)' },
        },
        {
          title: 'Events indexed',
          description: 'That were written to the database, a second.',
          unit: 'ops',
          shows: 'time',
          queries: { events: `sum(rate(tender_gateway_index_events_total${RATE}))` },
        },
        {
          title: 'Requests',
          description: 'A second, by class of status. 5xx is a fault of ours, 4xx of who asks.',
          unit: 'reqps',
          shows: 'time',
          queries: { '{{status}}': `sum by (status) (rate(tender_gateway_http_request_seconds_count${RATE}))` },
        },
        {
          title: 'Latency of requests',
          description: 'Half of them, and 99 of 100, were answered sooner; 0 without any.',
          unit: 's',
          shows: 'time',
          queries: quantiles([0.5, 0.99], 'tender_gateway_http_request_seconds_bucket'),
          worry: { yellow: 0.25, red: 1 },
        },
      ],
    },
  ],
}
