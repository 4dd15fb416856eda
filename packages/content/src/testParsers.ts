// What fuzzing needs of this room, besides its index.

export { CID } from 'multiformats/cid'
export { buildDirectory, buildFile } from './build.ts'
export { readCar, writeCar } from './car.ts'
export { directoryLinks, fileContent, nodeOf } from './unixfs.ts'
