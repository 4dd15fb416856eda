import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

/**
 * What browsers may do with what comes from here. Scripts are the gateway's own files and nothing else; connections go to the gateway,
 * to the chain's endpoint, and over WebSockets to peers, whose sessions are encrypted end to end. Styles may stand in elements, since
 * editors and terminals make theirs as they run.
 */
export function pageHeaders({ rpcUrl, secure }: { rpcUrl: string; secure: boolean }): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      fontSrc: ["'self'", 'data:'],
      connectSrc: ["'self'", 'ws:', 'wss:', new URL(rpcUrl).origin],
      workerSrc: ["'self'", 'blob:'],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'strict-origin-when-cross-origin',
    xFrameOptions: 'DENY',
    crossOriginResourcePolicy: false,
    originAgentCluster: false,
    strictTransportSecurity: secure ? 'max-age=31536000' : false,
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [] },
  })
}
