import { z } from 'zod'
import type { Fault } from '../fault.ts'
import type { RpcRule } from '../world/rpcGate.ts'

const callSchema = z.looseObject({ id: z.unknown(), method: z.string(), params: z.array(z.unknown()).default([]) })
const callsSchema = z.union([z.array(callSchema), callSchema.transform((call) => [call])])
const answerSchema = z.looseObject({ id: z.unknown(), result: z.unknown() })
const answersSchema = z.union([z.array(answerSchema), answerSchema.transform((answer) => [answer])])
const receiptSchema = z.looseObject({ status: z.string(), logs: z.array(z.unknown()) })

type Call = z.output<typeof callSchema>

/** What is told instead of an answer's result. */
type Lie = (call: Call, result: unknown) => unknown

const BLOCKS_BEHIND = 8n
/** `balanceOf(address)` of tokens and `balanceOf(address,address)` of the escrow. */
const balances = ['0x70a08231', '0xf7888aec']

/** The chain is said to end some blocks ago; what was asked for by number is told as it is. */
const oldBlock: Lie = ({ method }, result) => {
  if (method !== 'eth_blockNumber' || typeof result !== 'string') return result
  const behind = BigInt(result) - BLOCKS_BEHIND
  return `0x${(behind > 0n ? behind : 0n).toString(16)}`
}

/** Every transaction is said to have failed, without a log. */
const wrongReceipt: Lie = ({ method }, result) => {
  if (method !== 'eth_getTransactionReceipt') return result
  const receipt = receiptSchema.safeParse(result)
  return receipt.success ? { ...receipt.data, status: '0x0', logs: [] } : result
}

/** Nothing happened in the market. */
const missingLogs: Lie = ({ method }, result) => (method === 'eth_getLogs' ? [] : result)

/** Nobody has anything. */
const wrongBalance: Lie = ({ method, params }, result) => {
  if (method === 'eth_getBalance') return '0x0'
  const [called] =
    z
      .tuple([z.looseObject({ data: z.string().optional(), input: z.string().optional() })], z.unknown())
      .safeParse(params).data ?? []
  const data = called?.data ?? called?.input ?? ''
  const asked = method === 'eth_call' && balances.some((selector) => data.startsWith(selector))
  return asked ? `0x${'0'.repeat(64)}` : result
}

export const lies = { oldBlock, wrongReceipt, missingLogs, wrongBalance } as const

/**
 * Answers with the lie where it has one, and as the chain does where not.
 *
 * @example
 * gate.intercept(lyingRule(lies.missingLogs))
 */
export function lyingRule(lie: Lie): RpcRule {
  return async (body, ask) => {
    const answer = await ask(body)
    const calls = callsSchema.safeParse(JSON.parse(body))
    const answers = answersSchema.safeParse(JSON.parse(answer.body))
    if (!calls.success || !answers.success) return answer
    const told = answers.data.map((each) => {
      const call = calls.data.find(({ id }) => id === each.id)
      return call && each.result !== undefined ? { ...each, result: lie(call, each.result) } : each
    })
    return { ...answer, body: JSON.stringify(body.trimStart().startsWith('[') ? told : told[0]) }
  }
}

/** An endpoint that does not tell the truth: an old block, failed receipts, missing logs, empty balances. */
export const rpcLies: Fault = {
  name: 'rpcLies',
  hits: ['relay', 'provider', 'monitor', 'gateway'],
  async inject(_world, random, _signal, target) {
    const lie = random.pick(Object.values(lies))
    const restore = target.rpc?.intercept(lyingRule(lie))
    return async () => restore?.()
  },
}
