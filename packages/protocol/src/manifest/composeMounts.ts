import { z } from 'zod'
import { parseSize } from '../units.ts'
import { mountPathFault } from './paths.ts'
import { readText } from './readText.ts'
import { shaped } from './written.ts'

/** A place in a container that can be written to. */
export type WrittenMount =
  | { type: 'volume'; source: string; path: string; readOnly: boolean }
  | { type: 'tmpfs'; path: string; sizeBytes?: number | undefined }

/** A config or secret that a service takes; `target` as written. */
export type WrittenFile = { source: string; target?: string | undefined; mode?: number | undefined }

const name = z
  .string('must be a name')
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, 'must be a name of letters, digits, . _ and -')

const target = z.string('must be an absolute path such as /data').superRefine((path, context) => {
  const message = mountPathFault(path)
  if (message) context.addIssue({ code: 'custom', message })
})

export const size = readText('a size such as 512m', parseSize).refine((bytes) => bytes > 0, 'must be more than nothing')

const noBind =
  'is a directory of your own machine, which a provider does not have: put files into the image or configs, data into a named volume'
const noAnonymous = 'has no name: give it one such as data:/var/lib/data, so that an update finds it again'

function fromShort(written: string, context: z.core.$RefinementCtx<string>): WrittenMount {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  const [source = '', path, options = '', ...more] = written.split(':')
  if (/^[./~]/.test(source)) return refuse(path === undefined ? noAnonymous : noBind)
  const fault = path === undefined ? noAnonymous : mountPathFault(path)
  if (path === undefined || fault) return refuse(fault ?? noAnonymous)
  if (!name.safeParse(source).success) return refuse(`${source} is not a volume's name`)
  if (more.length > 0 || !['', 'rw', 'ro'].includes(options)) return refuse('takes ro or rw after the second colon')
  return { type: 'volume', source, path, readOnly: options === 'ro' }
}

const longVolume = z
  .strictObject({
    type: z.literal('volume'),
    source: name,
    target,
    read_only: z.boolean('must be true or false').default(false),
  })
  .transform(
    ({ source, target, read_only }): WrittenMount => ({ type: 'volume', source, path: target, readOnly: read_only }),
  )

const longTmpfs = z
  .strictObject({
    type: z.literal('tmpfs'),
    target,
    tmpfs: z.strictObject({ size: size.optional() }, 'must be a map').optional(),
  })
  .transform(({ target, tmpfs }): WrittenMount => ({ type: 'tmpfs', path: target, sizeBytes: tmpfs?.size }))

const long = z.discriminatedUnion('type', [longVolume, longTmpfs], {
  error: ({ input }) => {
    // CAST: zod hands over whatever was written
    const type = (input as { type?: unknown } | null)?.type
    return type === 'bind' ? noBind : 'must be of type volume or tmpfs'
  },
})

/** One of a service's `volumes`. */
export const mount = shaped<WrittenMount>((value) =>
  typeof value === 'string' ? z.string().transform(fromShort) : long,
)

/** One of a service's `tmpfs`: a path, then options of which only `size` changes anything. */
export const tmpfs = z.string('must be a path such as /run').transform((written, context): WrittenMount => {
  const [path = '', options = '', ...more] = written.split(':')
  const faults = [mountPathFault(path), more.length > 0 ? 'takes options after one colon only' : undefined]
  let sizeBytes: number | undefined
  for (const option of options === '' ? [] : options.split(',')) {
    const [, bytes] = /^size=(.+)$/.exec(option) ?? []
    const read = bytes === undefined ? undefined : size.safeParse(bytes)
    if (read) sizeBytes = read.data
    if (read?.error) faults.push(read.error.issues[0]?.message)
    if (!read && !/^(rw|noexec|nosuid|nodev|mode=0?1777)$/.test(option))
      faults.push(`${option} is not supported: only size is`)
  }
  const message = faults.find((fault) => fault !== undefined)
  if (message === undefined) return { type: 'tmpfs', path, sizeBytes }
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const mode = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => /^0o?[0-7]{3}$/.test(text), 'must be octal such as 0440')
  .transform((text) => Number.parseInt(text.replace(/^0o?/, ''), 8))

const noOwner = 'is not supported: files belong to root, and mode says who else may read them'
const longFile = z.strictObject({
  source: name,
  target: z.string('must be a path').optional(),
  mode: mode.optional(),
  uid: z.undefined({ error: noOwner }).optional(),
  gid: z.undefined({ error: noOwner }).optional(),
})

/** One of a service's `configs` or `secrets`. */
export const fileReference = shaped<WrittenFile>((value) =>
  typeof value === 'string' ? name.transform((source) => ({ source })) : longFile,
)
