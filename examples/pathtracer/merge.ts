import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

type Band = { width: number; height: number; rows: Buffer }

/**
 * Puts the bands of a folder that `tender run --out` filled together, from the top to the bottom.
 *
 * @returns one PNG
 */
export async function merge(folder: string): Promise<Buffer> {
  const outputs = join(folder, 'outputs')
  const tasks = (await readdir(outputs)).map(Number).sort((a, b) => a - b)
  const bands = await Promise.all(
    tasks.map(async (task) => readBand(await readFile(join(outputs, `${task}`, 'band.png')))),
  )
  const height = bands.reduce((sum, band) => sum + band.height, 0)
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  header.writeUInt32BE(bands[0]?.width ?? 0, 0)
  header.writeUInt32BE(height, 4)
  const rows = deflateSync(Buffer.concat(bands.map((band) => band.rows)))
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))])
}

/** A PNG as the module writes it. */
function readBand(file: Buffer): Band {
  const chunks = new Map<string, Buffer>()
  for (let at = SIGNATURE.length; at < file.length; ) {
    const length = file.readUInt32BE(at)
    chunks.set(file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const header = chunks.get('IHDR') ?? Buffer.alloc(8)
  const rows = inflateSync(chunks.get('IDAT') ?? '')
  return { width: header.readUInt32BE(0), height: header.readUInt32BE(4), rows }
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(content.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

if (import.meta.main) {
  const folder = process.argv[2] ?? '.'
  const file = `${folder.replace(/\/+$/, '')}.png`
  await writeFile(file, await merge(folder))
  console.log(`the picture is ${file}`)
}
