import { NotFoundError } from '@tender/protocol'

/** An era as it is written on a command line. @throws {NotFoundError} */
export function readEra(written: string): bigint {
  if (/^[1-9]\d{0,18}$/.test(written)) return BigInt(written)
  throw new NotFoundError(`"${written}" is no era: they are counted from 1`, { code: 'unknownEra' })
}
