// What fuzzing needs of this room, besides its index.

export { cgiEnvironment, parseCgiResponse } from './child/cgi.ts'
export { createLines } from './child/lines.ts'
