// What fuzzing needs of this room, besides its index.

export { createEventParser } from './eventStream.ts'
