import { type Manifest, NotFoundError, TenderError } from '@tender/protocol'

/**
 * The service that was asked for, or the only one there is.
 *
 * @throws {NotFoundError} `unknownService`; {TenderError} `serviceNeeded`
 */
export function chooseService({ services }: Pick<Manifest, 'services'>, asked: string | undefined): string {
  const names = services.map(({ name }) => name)
  const [only] = names
  if (asked === undefined && names.length === 1 && only !== undefined) return only
  if (asked !== undefined && names.includes(asked)) return asked
  const hint = `It has ${names.join(', ')}.`
  if (asked !== undefined) {
    throw new NotFoundError(`this lease has no service "${asked}"`, { code: 'unknownService', hint })
  }
  throw new TenderError('this lease has more than one service', {
    code: 'serviceNeeded',
    class: 'user',
    hint: `${hint} Say which.`,
  })
}

/**
 * The service that was asked for, or the one that declares a port, or the only one there is.
 *
 * @throws see {@link chooseService}
 */
export function servicePort(manifest: Pick<Manifest, 'services'>, asked: string | undefined, port: number): string {
  const declaring = manifest.services.filter(({ ports }) => ports.some(({ target }) => target === port))
  const [first] = declaring
  return chooseService(manifest, asked ?? (declaring.length === 1 ? first?.name : undefined))
}
