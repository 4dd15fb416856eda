// What fuzzing needs of this room, besides its index.

export { parseEnvFile } from './manifest/envFile.ts'
export { globFiles } from './manifest/globFiles.ts'
export { imageReference } from './manifest/imageReference.ts'
export { shellWords } from './manifest/shellWords.ts'
