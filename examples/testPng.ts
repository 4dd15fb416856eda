import { crc32, inflateSync } from 'node:zlib'
import { expect } from 'vitest'

/** Reads the parts of a PNG that the examples write, each with its checksum verified by zlib or by hand. */
export function readPng(file: Buffer): { width: number; height: number; rows: Buffer } {
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at)
    const body = file.subarray(at + 4, at + 8 + length)
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(body))
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4))
    at += length + 12
  }
  const header = chunks.get('IHDR') ?? Buffer.alloc(8)
  return { width: header.readUInt32BE(0), height: header.readUInt32BE(4), rows: inflateSync(chunks.get('IDAT') ?? '') }
}
