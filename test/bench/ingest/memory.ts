// How much memory the program needs at its peak, as a user runs it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { BenchDatabase } from '../database.ts'
import { isStale, PROGRAM } from '../program.ts'
import type { Input } from './inputs.ts'

export interface Memory {
  readonly megabytes: number
  readonly seconds: number
  /** dist is not of the sources that the rest of the benchmark measures. */
  readonly stale: boolean
}

/** Asked of the process itself, at its end: the same on every system, and nothing is missed between two looks. */
const TELL = `import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,String(process.resourceUsage().maxRSS)))`

/** Loads the input through bin/arxdb.js in a process of its own; the reason, when it cannot be run. */
export async function peakMemory({ url }: BenchDatabase, { file, flags }: Input): Promise<Memory | string> {
  if (!existsSync(PROGRAM)) return `${PROGRAM} is not built: npm run build`
  const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  const command = ['bin/arxdb.js', 'ingest', file, ...given, '--jobs', '2', '--yes', '--progress', 'none']
  const begun = performance.now()
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(TELL)}`, ...command], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // It may hold a password, which is none of a command line's business.
    env: { ...process.env, ARXDB_URL: url },
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const [said, kilobytes, status] = await Promise.all([
    text(child.stderr!),
    text(child.stdio[3] as NodeJS.ReadableStream),
    ended,
  ])
  if (status !== 0) return `bin/arxdb.js ended with ${status}: ${said.trim()}`
  return { megabytes: Number(kilobytes) / 1024, seconds: (performance.now() - begun) / 1000, stale: isStale() }
}
