import { z } from 'zod'
import { badText } from '../decimal.ts'
import type { PortSpec } from './manifest.ts'
import { readText } from './readText.ts'
import { isMap, shaped } from './written.ts'

/** A port with what the file says about the host's side, which has no effect. */
export type WrittenPort = PortSpec & { published?: string | undefined }

/** Why a port of UDP is refused, for each driver. */
export type PortRules = { udp: string; hint: string }

function readPort(value: string, { udp, hint }: PortRules): WrittenPort {
  const match = /^(?:(?:(?:\[[^\]]*\]|[\d.]+):)?(\d+)?:)?(\d+)(?:\/(\w+))?$/.exec(value)
  if (!match) throw badText('a port', value, 'it takes one number (ranges are not supported)', hint)
  const target = Number(match[2])
  if (match[3] !== undefined && match[3] !== 'tcp') throw badText('a port', value, udp, hint)
  if (target < 1 || target > 65_535) throw badText('a port', value, 'it is not from 1 to 65535', hint)
  const published = match[0].includes(':') ? value.slice(0, value.lastIndexOf(':')) : undefined
  return { target, protocol: 'http', published }
}

/** A port in Compose's short or long form. `more` is what the long form has besides `target`, `published` and `protocol`. */
export function portOf(rules: PortRules, more: z.ZodRawShape = {}) {
  const long = z.strictObject(
    {
      target: z.int('must be a port').min(1).max(65_535),
      published: z.union([z.string(), z.int()], { error: 'must be a port' }).optional(),
      protocol: z.literal('tcp', `must be tcp: ${rules.udp}`).optional(),
      ...more,
    },
    'must be a port',
  )
  const short = readText('a port such as 8080', (value) => readPort(value, rules))
  return shaped<WrittenPort>((value) => (isMap(value) || value === null ? long.transform(fromLong) : short))
}

type Long = { target: number; published?: string | number | undefined; app_protocol?: unknown }

function fromLong({ target, published, app_protocol }: Long): WrittenPort {
  const protocol = app_protocol === 'tls' || app_protocol === 'tcp' ? app_protocol : 'http'
  return { target, protocol, published: published === undefined ? undefined : String(published) }
}
