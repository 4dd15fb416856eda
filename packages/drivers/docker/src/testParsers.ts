// What fuzzing needs of this room, besides its index.

export { safeTar } from './safeTar.ts'
export { scanImage } from './scanImage.ts'
export { splitOutput } from './splitOutput.ts'
