import type { Context, MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

export type PageHeaderOptions = {
  /** The chain's endpoint that pages read and wallets send to. */
  rpcUrl: string
  /** Whether the gateway is found over TLS. */
  secure: boolean
  /** Where the page that asks stands, e.g. `https://market.example`; undefined: nowhere that is ours. */
  own(http: Context): string | undefined
}

/**
 * What browsers may do with what comes from here. Scripts are the gateway's own files and nothing else; connections go to the gateway,
 * its pipe among them, and to the chain's endpoint. Pictures may stand in the text: wallets give theirs so, and the editor's marks do.
 * Styles may stand in elements, since Radix (dialogs), Sonner (messages), CodeMirror and xterm.js make theirs as they run.
 */
export function pageHeaders({ rpcUrl, secure, own }: PageHeaderOptions): MiddlewareHandler {
  // Not every browser takes 'self' for WebSockets too.
  const ownSockets = (http: Context) => own(http)?.replace(/^http/, 'ws') ?? "'self'"
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'", ownSockets, new URL(rpcUrl).origin],
      workerSrc: ["'none'"],
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
