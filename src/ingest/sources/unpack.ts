// Compressed content, told by its first bytes: gzip by Node, zstd by Node where it can and by the zstd program elsewhere.
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { PassThrough } from 'node:stream'
import * as zlib from 'node:zlib'
import { ArxError } from '../../errors.ts'

export type Compression = 'gzip' | 'zstd'

export function compressionOf(head: Buffer): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  // A frame of data, or one of the skippable frames that some writers put in front.
  const magic = head.length >= 4 ? head.readUInt32LE(0) : 0
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : undefined
}

/** The bytes of `file`, decompressed through all members or frames. Damage comes out as an error on the stream. */
export function unpacked(file: Readable, compression: Compression, chunkSize: number): Readable {
  if (compression === 'gzip') return file.pipe(zlib.createGunzip({ chunkSize }))
  return byProgram(file)
}

const missing = (): ArxError =>
  new ArxError({
    code: 'no-zstd',
    message: 'the file is compressed by zstd, and there is no zstd program here to unpack it',
    hint: 'apt-get install zstd, or unpack the file first',
  })

/** The program and not Node's own zlib.zstd, which is young, and ends after the first frame. */
function byProgram(file: Readable): Readable {
  const out = new PassThrough()
  const child = spawn('zstd', ['-dcq'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.on('error', (error) => out.destroy((error as NodeJS.ErrnoException).code === 'ENOENT' ? missing() : error))
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  // A program that gives up closes its end: what it says on stderr tells more.
  child.stdin.on('error', () => {})
  file.pipe(child.stdin)
  child.stdout.pipe(out, { end: false })
  child.on('close', (code) => {
    if (code === 0) out.end()
    else out.destroy(Object.assign(new Error(said.trim() || `zstd ended with ${code}`), { code: 'UNPACK' }))
  })
  out.on('close', () => child.kill())
  return out
}
