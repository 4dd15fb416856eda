/** What the Wasm handler is measured against: the least that `node:http` can do, in a process of its own. */
import { createServer } from 'node:http'

const text = `Hello from Tender!\n\npath   /\ntime   ${new Date().toISOString()}\nlease  0x${'00'.repeat(32)}\n`

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) })
  response.end(text)
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.once('disconnect', () => process.exit(0))
