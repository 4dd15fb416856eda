import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// The endpoint of `bench/probe.ts`, a process of its own: answers a small page to everybody.

const page = '<!doctype html><title>hello</title><p>hello'
const server = createServer((_request, response) => response.end(page))
// CAST: it listens on TCP
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
