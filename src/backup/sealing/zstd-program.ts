// zstd as a program, for a Node that has not got it itself.
import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { Duplex, PassThrough } from 'node:stream'
import { ArxError } from '../../errors.ts'

export type Direction = 'compress' | 'decompress'

const ARGS: Readonly<Record<Direction, readonly string[]>> = {
  compress: ['-3', '-q', '-c'],
  decompress: ['-d', '-q', '-c'],
}

let found: boolean | undefined

/** Whether it is installed. Looked for and not asked: starting it takes as long as a small file does. */
export function hasZstdProgram(): boolean {
  found ??= (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      const file = join(folder, 'zstd')
      accessSync(file, constants.X_OK)
      return statSync(file).isFile()
    } catch {
      return false
    }
  })
  return found
}

/** The program as a stream; its own checksum covers what was cut or flipped, and its exit code is waited for. */
export function zstdStream(direction: Direction): Duplex {
  const child = spawn('zstd', [...ARGS[direction]], { stdio: ['pipe', 'pipe', 'pipe'] })
  const output = new PassThrough()
  const complaint = complaintOf(child.stderr)
  child.stdout.pipe(output, { end: false })
  // It may end before it has read all of it.
  child.stdin.on('error', () => {})
  child.on('error', (error) => output.destroy(noZstd(error)))
  child.on('close', (code) => {
    if (code === 0) output.end()
    else output.destroy(ended(code, complaint()))
  })
  const both = Duplex.from({ writable: child.stdin, readable: output })
  both.on('close', () => child.kill())
  return both
}

/**
 * From one open file to another, each from where it stands: what the program reads and writes itself does not come
 * through this process in pieces of a pipe.
 */
export function zstdFile(direction: Direction, from: FileHandle, to: FileHandle, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('zstd', [...ARGS[direction]], { stdio: [from.fd, to.fd, 'pipe'], signal })
    const complaint = complaintOf(child.stderr!)
    let failed: Error | undefined
    child.on('error', (error) => {
      failed = signal.aborted ? error : noZstd(error)
      // One that could not be started is not closed either.
      if (child.pid === undefined) reject(failed)
    })
    child.on('close', (code) => (code === 0 && !failed ? resolve() : reject(failed ?? ended(code, complaint()))))
  })
}

function complaintOf(stream: NodeJS.ReadableStream): () => string {
  let said = ''
  stream.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-500)
  })
  return () => said.trim()
}

const ended = (code: number | null, complaint: string): Error =>
  new Error(`zstd ${code === null ? 'was killed' : `exited with ${code}`}: ${complaint}`)

const noZstd = (cause: Error): ArxError =>
  new ArxError({
    code: 'no-zstd',
    message: 'this is compressed with zstd, which neither this Node nor this machine has',
    hint: 'apt install zstd, or use Node 22.15 or newer',
    cause,
  })
