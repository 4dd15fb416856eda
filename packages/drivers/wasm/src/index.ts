export { createWasmDriver, type WasmDriverOptions } from './createWasmDriver.ts'
