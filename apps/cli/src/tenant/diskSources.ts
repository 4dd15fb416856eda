import { createReadStream } from 'node:fs'
import type { Sources } from '@tender/tenant'
import { readSecret } from './readSecret.ts'

/** Files and secrets of this machine; places are absolute paths. */
export const diskSources: Sources = { readFile: (path) => createReadStream(path), readSecret }
