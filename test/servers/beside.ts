// Runs arxdb beside the client programs of a tier's server: those of this machine, or, for the Apache tier, those of the
// Debian 13 root - in a mount namespace of its own, with this checkout, this Node and /tmp bound into the root, so that
// paths below /tmp are the same on both sides. Everything goes when the process ends.
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { apacheRoot } from './apache.ts'
import type { TierName } from './databases.ts'

const REPO = new URL('../..', import.meta.url).pathname.replace(/\/$/, '')
const NODE = process.execPath

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

// Where Node's folder or the checkout lie in the root already, what lies there is covered, and comes back at the end.
const INSIDE = `set -e
root=$1; shift
mkdir -p "$root/mnt/node" "$root/mnt/repo"
mount --bind "$(dirname "$1")" "$root/mnt/node"; shift
mount --bind "$1" "$root/mnt/repo"; shift
mount --bind /tmp "$root/tmp"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
exec chroot "$root" "$@"`

/** A command line beside the programs of that tier. Paths of Node and of the checkout in it are told as they are there. */
export function besideCommand(tier: TierName, command: readonly string[]): readonly string[] {
  if (tier !== 'apache') return command
  const there = command.map((word) =>
    word === NODE ? '/mnt/node/node' : word.startsWith(`${REPO}/`) ? `/mnt/repo${word.slice(REPO.length)}` : word,
  )
  const bash = ['bash', '-c', INSIDE, 'beside', apacheRoot(), NODE, REPO, ...there]
  return ['unshare', '--mount', '--propagation', 'private', ...bash]
}

/** The command that runs `node SCRIPT ARGS` beside the programs of that tier; SCRIPT is relative to the checkout. */
export const nodeBeside = (tier: TierName, script: string, args: readonly string[]): readonly string[] =>
  besideCommand(tier, [NODE, `${REPO}/${script}`, ...args])

/** bin/arxdb.js of the checkout (built by `npm test`), beside the programs of that tier. */
export const arxdbBeside = (tier: TierName, args: readonly string[]): readonly string[] =>
  nodeBeside(tier, 'bin/arxdb.js', args)

export interface BesideOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly signal?: AbortSignal
}

/** Runs arxdb to its end. HOME and the working folder are a folder below /tmp that the caller gives. */
export function runBeside(
  tier: TierName,
  args: readonly string[],
  home: string,
  options: BesideOptions = {},
): Promise<Outcome> {
  const [file, ...rest] = arxdbBeside(tier, args)
  const child = spawn(file!, rest, {
    cwd: options.cwd ?? home,
    env: {
      PATH: process.env.PATH ?? `/usr/bin:/bin:${dirname(NODE)}`,
      HOME: home,
      NO_COLOR: '1',
      TZ: 'UTC',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal, killSignal: 'SIGKILL' as const } : {}),
  })
  let [stdout, stderr] = ['', '']
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      stderr += error.message
    })
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
