import { askVerdict, type JudgedTask } from '@tender/network'
import { failureClass, TenderError } from '@tender/protocol'
import { getMonitors, type JobEvent } from '@tender/sdk'
import { type Address, getAddress, type Hex } from 'viem'
import type { Context } from '../command.ts'
import { withMonitors } from '../monitors/withMonitors.ts'
import type { OpenMarket } from '../openMarket.ts'

/** What one validator of a job says. */
export type ToldVerdict = {
  validator: Address
  /** Absent if it was not told. */
  passed?: boolean | undefined
  tasks: readonly JudgedTask[]
  faults: readonly string[]
  /** Why it told nothing. */
  silent?: string | undefined
}

/** Who was drawn last for a job, and what verdicts are signed for; `undefined` before the draw. Pure. */
export function lastDraw(events: readonly JobEvent[]): { validators: readonly Address[]; seed: Hex } | undefined {
  let drawn: { validators: readonly Address[]; seed: Hex } | undefined
  for (const event of events) {
    if (event.type === 'JobDrawn') drawn = { validators: event.args.validators, seed: event.args.seed }
    else if (event.type === 'JobChallenged' && drawn) drawn = { ...drawn, seed: event.args.seed }
  }
  return drawn
}

/** Asks the validators of a job for their verdicts and reasons. One that does not answer is told as such. */
export async function askVerdicts(
  context: Context,
  opened: OpenMarket,
  { leaseId: lease, isOver }: { leaseId: Hex; isOver: boolean },
  events: readonly JobEvent[],
): Promise<ToldVerdict[]> {
  const draw = lastDraw(events)
  if (!draw) return []
  const { jobs } = opened.market.book.contracts
  const contacts = new Map((await getMonitors(opened.market)).map((monitor) => [getAddress(monitor.key), monitor]))
  return withMonitors(context, opened, async ({ all, askEach }) => {
    const wanted = new Set(draw.validators.map((key) => getAddress(key)))
    const replies = await askEach(async (monitor, node, signal) => {
      const key = all.find(({ publicKey }) => publicKey === monitor.publicKey)?.key
      if (!key || !wanted.has(getAddress(key))) return undefined
      return askVerdict(node, monitor, { jobs, lease, seed: draw.seed }, signal)
    })
    const byKey = new Map(replies.map((reply) => [getAddress(reply.monitor.key), reply]))
    return draw.validators.map((key) => {
      const validator = getAddress(key)
      const reply = byKey.get(validator)
      const nothing = { validator, tasks: [], faults: [] }
      if (!reply)
        return { ...nothing, silent: `drawn, but ${contacts.has(validator) ? unreachable : 'is no monitor any more'}` }
      if ('error' in reply) {
        if (failureClass(reply.error) === 'internal') throw reply.error
        return { ...nothing, silent: silentWords(reply.error, isOver) }
      }
      if (!reply.answer) return { ...nothing, silent: `drawn, but ${unreachable}` }
      const { passed, tasks, faults } = reply.answer
      return { validator, passed, tasks, faults }
    })
  })
}

const unreachable = 'tells no address to ask it at'

/** Why a validator that was drawn told no verdict, for people. Pure. */
export function silentWords(error: unknown, isOver: boolean): string {
  const isAnswer = error instanceof TenderError && error.code === 'unknownVerdict'
  if (isAnswer) return isOver ? 'drawn, but had not signed before it was over' : 'drawn, and has not signed yet'
  return 'drawn, but cannot be reached now'
}
