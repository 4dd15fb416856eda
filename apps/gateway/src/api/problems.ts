import { PROBLEM_TYPE, type Problem } from '@tender/api'
import { failureClass, httpStatus, InvalidInputError, TenderError } from '@tender/protocol'
import type { z } from 'zod'

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Sign in first',
  402: 'Not enough money',
  403: 'Not allowed',
  404: 'Not found',
  405: 'No such method here',
  409: 'Conflict',
  413: 'Too large',
  415: 'Not a type that is taken',
  422: 'Refused',
  429: 'Too many requests',
  500: 'A fault of the gateway',
  502: 'A provider failed',
  503: 'Not available now',
}

/** Statuses that say more than an error's class. */
const statuses: Readonly<Record<string, number>> = {
  signInFirst: 401,
  badToken: 401,
  methodNotAllowed: 405,
  tooLarge: 413,
  badContentType: 415,
}

/** An error as the API tells it. What is a bug of ours is told no more of than that; the log has the rest. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known = error instanceof TenderError && failureClass(error) !== 'internal'
  const status = known ? statusOf(error) : httpStatus(error) === 499 ? 499 : 500
  const code = known ? error.code : 'internal'
  return {
    type: `/docs#problem-${code}`,
    title: titles[status] ?? 'It failed',
    status,
    detail: known
      ? firstLine(error.message).slice(0, 4096)
      : 'The gateway failed. Its log has more under this request id.',
    code,
    ...(known && error.hint !== undefined && { hint: error.hint.slice(0, 1024) }),
    ...(error instanceof InvalidInputError && { errors: errorsOf(error) }),
    requestId,
  }
}

function statusOf(error: TenderError): number {
  return statuses[error.code] ?? httpStatus(error)
}

/** The first line says what; the rest are the issues, which stand beside it. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message
}

function errorsOf({ issues }: InvalidInputError): Problem['errors'] {
  return issues
    .slice(0, 64)
    .map(({ path = '', message }) => ({ path: path.slice(0, 256), message: message.slice(0, 512) }))
}

/** A problem as a response. */
export function problemResponse(problem: Problem, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', ...headers },
  })
}

/** Zod's issues with the place of each: `query.limit`, `body.order.units`. */
export function issuesOf(error: z.ZodError, place: string): { path: string; message: string }[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [place, ...issue.path, key].join('.'), message: 'is not known here' }))
      : [{ path: [place, ...issue.path].join('.'), message: issue.message }],
  )
}

/** Nobody is signed in, or not with what this needs. */
export function signInFirst(hint = 'Sign in with Ethereum, or send a token: Authorization: Bearer …'): TenderError {
  return new TenderError('nobody is signed in', { code: 'signInFirst', class: 'denied', hint })
}

/** More came than is read. */
export function tooLarge(limitBytes: number): TenderError {
  return new TenderError(`the body is larger than ${limitBytes} bytes`, { code: 'tooLarge', class: 'limit' })
}
