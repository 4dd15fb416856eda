import { type Panel, RATE } from './board.ts'

/** How a daemon's peer is. `prefix`: of its metrics; `choice`: a label matcher. */
export function networkPanels(prefix: string, choice: string): Panel[] {
  return [
    {
      title: 'Connected peers',
      description: 'Other peers of the market. None: it hears of no order; look at its network.listen and bootstrap.',
      unit: 'short',
      shows: 'time',
      queries: { '{{instance}}': `${prefix}_network_connected_peers{${choice}}` },
      worry: { yellow: 2, red: 1, below: true },
    },
    {
      title: 'Peer traffic',
      description: 'Bytes a second to and from peers over TCP, tunnels and relayed visitors among them.',
      unit: 'Bps',
      shows: 'time',
      queries: {
        received: `sum(rate(${prefix}_network_received_bytes_total{${choice}}${RATE}))`,
        sent: `sum(rate(${prefix}_network_sent_bytes_total{${choice}}${RATE}))`,
      },
    },
    {
      title: 'Gossip and refused requests',
      description:
        'Messages a second that neighbours passed on, and requests of peers that were refused or failed. Much that is refused is somebody who misbehaves.',
      unit: 'ops',
      shows: 'time',
      queries: {
        'gossip {{outcome}}': `sum by (outcome) (rate(${prefix}_network_gossip_messages_total{${choice}}${RATE}))`,
        'requests refused': `sum(rate(${prefix}_network_refused_requests_total{${choice}}${RATE}))`,
      },
    },
  ]
}

/** Whether a daemon hears of its chain, and can pay it. */
export function chainPanels(prefix: string, choice: string): Panel[] {
  return [
    {
      title: 'Chain silence',
      description: 'Time since the newest block. When it grows the RPC endpoint is away, or the chain stands.',
      unit: 's',
      shows: 'now',
      queries: { silence: `max(${prefix}_chain_silence_seconds{${choice}})` },
      worry: { yellow: 60, red: 300 },
    },
    {
      title: 'Gas money',
      description:
        "Whole coins of the chain's own that the poorest of these accounts has. Without any nothing is sent.",
      unit: 'short',
      shows: 'now',
      queries: { coins: `min(${prefix}_chain_balance_tokens{${choice}})` },
      worry: { yellow: 0.05, red: 0.01, below: true },
    },
  ]
}
