import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { requestHeaders, type Visitor } from './headers.ts'

// What fuzzing needs of this room, besides its index.

export { parseClientHello } from './parseClientHello.ts'

/** What a workload is sent of a request with such headers. */
export function headersFor(headers: IncomingHttpHeaders, visitor: Visitor): Record<string, string | string[]> {
  // CAST: of a request its headers are all that matters here
  return requestHeaders({ headers } as IncomingMessage, visitor)
}
