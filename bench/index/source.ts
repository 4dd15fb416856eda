/**
 * A node of a market that has a long past: it makes up blocks and events, encoded as the contracts encode them, and answers over HTTP
 * as a node does. `node source.ts <events>`; prints its URL and the address book, then serves until its input ends.
 */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { encodeAbiParameters, numberToHex, pad } from 'viem'
import { book, DEPLOY_BLOCK, eventLogs, GENESIS, setUpLogs } from './history.ts'

const events = Number(process.argv[2] ?? 100_000)
/** Of a lease's life: opened, settled, ended, released, resolved. */
const EVENTS_PER_LEASE = 5
const LEASES_PER_BLOCK = 4
const blocks = Math.ceil(events / EVENTS_PER_LEASE / LEASES_PER_BLOCK)
/** The last ones are not final: the past ends well before. */
const head = DEPLOY_BLOCK + blocks + 128

type Call = { id: number; method: string; params?: readonly unknown[] }
type LogFilter = { fromBlock: string; toBlock: string }

function answer({ method, params = [] }: Call): unknown {
  const [first] = params
  switch (method) {
    case 'eth_chainId':
      return numberToHex(book.chainId)
    case 'eth_blockNumber':
      return numberToHex(head)
    case 'eth_getCode':
      return '0x01'
    case 'eth_getBlockByNumber':
      return blockOf(first === 'latest' ? head : Number(first))
    case 'eth_getLogs':
      // CAST: what viem asks for
      return logsOf(first as LogFilter)
    case 'eth_call':
      // CAST: what viem asks for
      return called((first as { data: string }).data)
    default:
      return undefined
  }
}

function blockOf(block: number): unknown {
  if (block > head) return null
  const [number, timestamp] = [numberToHex(block), numberToHex(timeOf(block))]
  const [hash, parentHash] = [hashOf(block), hashOf(block - 1)]
  return { number, hash, parentHash, timestamp, transactions: [], gasLimit: '0x0', gasUsed: '0x0', size: '0x0' }
}

function logsOf({ fromBlock, toBlock }: LogFilter): unknown[] {
  const logs: unknown[] = []
  for (let block = Number(fromBlock); block <= Number(toBlock); block++) {
    const age = block - DEPLOY_BLOCK
    const own = age === 0 ? setUpLogs : age <= blocks ? eventLogs(age, LEASES_PER_BLOCK, timeOf(block)) : []
    const [blockNumber, blockHash, blockTimestamp] = [numberToHex(block), hashOf(block), numberToHex(timeOf(block))]
    for (const [index, log] of own.entries()) {
      const transactionHash = pad(numberToHex(block * 64 + index), { size: 32 })
      const at = { blockNumber, blockHash, blockTimestamp, transactionHash, transactionIndex: '0x0', removed: false }
      logs.push({ ...log, ...at, logIndex: numberToHex(index) })
    }
  }
  return logs
}

/** The reports' `timing()` answers four numbers, `genesis()` the first of them. */
function called(data: string): string {
  const uint = { type: 'uint256' } as const
  return data.length > 10 ? '0x' : encodeAbiParameters([uint, uint, uint, uint], [BigInt(GENESIS), 600n, 3n, 1n])
}

const timeOf = (block: number) => GENESIS + block * 12
const hashOf = (block: number) => pad(numberToHex(block + 2 ** 40), { size: 32 })

const server = createServer(async (request, response) => {
  const asked: Call | Call[] = JSON.parse(await text(request))
  const answers = [asked].flat().map((call) => ({ jsonrpc: '2.0', id: call.id, result: answer(call) }))
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, book, head: DEPLOY_BLOCK + blocks }))
})
process.stdin.resume().once('end', () => process.exit())
