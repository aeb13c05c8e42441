/** Small pictures made of numbers: what the sandbox serves as thumbnails. Never reads a file. */
import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

const SIDE = 64

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

/** A real PNG of 64 × 64 pixels, two colours and a slope that depend on the text: different creatives can be told apart by eye. */
export function pngOf(text: string): Buffer {
  const hash = createHash('sha256').update(text).digest()
  const at = (index: number): number => hash[index % hash.length] ?? 0
  const slope = 1 + (at(6) % 5)
  const rows = Buffer.alloc(SIDE * (SIDE * 3 + 1))
  for (let y = 0; y < SIDE; y += 1)
    for (let x = 0; x < SIDE; x += 1) {
      const from = (x * slope + y * 2) % 48 < 24 ? 0 : 3
      const pixel = y * (SIDE * 3 + 1) + 1 + x * 3
      for (let part = 0; part < 3; part += 1) rows[pixel + part] = Math.min(255, at(from + part) + y)
    }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIDE, 0)
  header.writeUInt32BE(SIDE, 4)
  // 8 bits per channel, red-green-blue
  header.writeUInt8(8, 8)
  header.writeUInt8(2, 9)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
