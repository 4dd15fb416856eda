/**
 * A local chain that did not start. This room stands below the one that holds the project's errors, so these are plain
 * errors with a `code` for programs and a `hint` for people.
 */
export class ChainStartError extends Error {
  readonly code: string = 'chainStart'
  readonly hint: string | undefined

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.hint = options.hint
  }
}

/** Another program listens on the port asked for. */
export class ChainPortTakenError extends ChainStartError {
  override readonly code = 'chainPortTaken'
  readonly port: number

  constructor(port: number) {
    super(`port ${port} is taken`, { hint: 'Stop what listens there, or choose another port; 0 takes any free one.' })
    this.port = port
  }
}

/** The state file is not what this chain wrote. It is left as it is. */
export class ChainStateCorruptError extends ChainStartError {
  override readonly code = 'chainStateCorrupt'
  readonly file: string

  constructor(file: string, options: { cause?: unknown } = {}) {
    super(`${file} is not a chain state that can be read`, {
      hint: `Put back a copy of it, or remove it (and what else was kept about that chain) to start a new chain.`,
      ...options,
    })
    this.file = file
  }
}

/** No local chain for this machine is installed. */
export class ChainBinaryMissingError extends ChainStartError {
  override readonly code = 'chainBinaryMissing'
}
