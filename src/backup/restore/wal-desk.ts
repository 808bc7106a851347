// Where a recovering server asks for WAL: its restore_command is a small script that asks the arxdb which started it. So
// the server's account needs no right to repository or key, no Node starts for each segment, and the next segments are
// there before they are asked for. "Absent" is what this arxdb was told by the repository, and nothing else: an error, a
// time out, an arxdb that is gone end the script with 255, which ends the recovery.
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { chown, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import { segmentName, segmentNumber, walFile } from '../wal/names.ts'
import type { WalSource } from './wal-source.ts'

/** In the data directory, which surely has room, and is a name that PostgreSQL does not know. */
export const DESK = 'arxdb-wal'
/** Segments are held whole while they are checked: no more than so many bytes ahead, and four at most. */
const AHEAD_BYTES = 64 << 20
const POLL_MS = 5
const FETCH_MS = 120_000

const SCRIPT = `#!/bin/sh
# sh ask PID FILE PATH: hands FILE to a recovering server, from the arxdb of that PID.
d=${DESK}
mv "$d/$2.ready" "$3" 2>/dev/null && exit 0
rm -f "$d/answer"
printf '%s' "$2" >"$d/ask.new" && mv "$d/ask.new" "$d/ask" || exit 255
left=40000
until [ -f "$d/answer" ]; do
  left=$((left - 1))
  [ $left -gt 0 ] || exit 255
  [ ! -d /proc/1 ] || [ -d "/proc/$1" ] || exit 255
  sleep 0.01
done
read -r code <"$d/answer"
case $code in
0) mv "$d/$2.ready" "$3" && exit 0 ;;
1) exit 1 ;;
esac
exit 255
`

export interface WalDesk {
  /** The value of restore_command. */
  readonly command: string
  /** How many files were handed out; one that is asked for again and again counts once. */
  served(): number
  /** How often it handed out what it had handed out before. */
  again(): number
  /** What was asked for last, there or not. */
  asked(): string | undefined
  /** What was asked for last and is not there. */
  missing(): string | undefined
  /** Why WAL could not be had although it may be there. */
  failure(): ArxError | undefined
  close(): Promise<void>
}

export interface DeskOptions {
  readonly dataDir: string
  readonly account: Account | undefined
  readonly source: WalSource
  readonly segmentBytes: number
  /** How long the repository may take for one file: a store that never answers is an error, and not an absence. */
  readonly fetchMs?: number | undefined
}

/** Opens the desk in `dataDir`. */
export function openDesk({ dataDir, account, source, segmentBytes, fetchMs = FETCH_MS }: DeskOptions): WalDesk {
  const folder = join(dataDir, DESK)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  if (account) chownSync(folder, account.uid, account.gid)
  writeFileSync(join(folder, 'ask.sh'), SCRIPT, { mode: 0o644 })
  const closing = new AbortController()
  const pending = new Map<string, Promise<boolean>>()
  const served = new Set<string>()
  let again = 0
  let asked: string | undefined
  let missing: string | undefined
  let failure: ArxError | undefined

  /** Lays the file ready; false when there is none. */
  async function lay(name: string): Promise<boolean> {
    const ready = join(folder, `${name}.ready`)
    if (existsSync(ready)) return true
    const bytes = await source.fetch(name, AbortSignal.any([closing.signal, AbortSignal.timeout(fetchMs)]))
    if (!bytes) return false
    await writeFile(`${ready}.new`, bytes, { mode: 0o600 })
    if (account) await chown(`${ready}.new`, account.uid, account.gid)
    await rename(`${ready}.new`, ready)
    return true
  }

  function laid(name: string): Promise<boolean> {
    const known = pending.get(name)
    if (known) return known
    const promise = lay(name).finally(() => pending.delete(name))
    promise.catch(() => {})
    pending.set(name, promise)
    return promise
  }

  /** Fetches what will be asked for next; whatever goes wrong there is found out when it is asked for. */
  async function goAhead(from: string): Promise<void> {
    const timeline = Number.parseInt(from.slice(0, 8), 16)
    let number = segmentNumber(from, segmentBytes)
    const most = Math.max(1, Math.min(4, Math.floor(AHEAD_BYTES / segmentBytes)))
    for (let ahead = 0; ahead < most && !closing.signal.aborted; ahead++) {
      const name = segmentName(timeline, ++number, segmentBytes)
      if (!(await laid(name).catch(() => false))) return
    }
  }

  const answer = (code: 0 | 1 | 255): void => {
    const file = join(folder, 'answer')
    writeFileSync(`${file}.new`, `${code}\n`, { mode: 0o644 })
    if (account) chownSync(`${file}.new`, account.uid, account.gid)
    renameSync(`${file}.new`, file)
  }

  async function serve(name: string): Promise<void> {
    try {
      // PostgreSQL probes for more than it archives; such a name is absent for certain.
      const file = walFile(name)
      const found = file !== undefined && (await timely(laid(name), fetchMs))
      missing = found ? undefined : name
      asked = name
      if (found && served.has(name)) again++
      if (found) served.add(name)
      if (!closing.signal.aborted) answer(found ? 0 : 1)
      if (found && file.kind === 'segment') void goAhead(name)
    } catch (error) {
      if (closing.signal.aborted) return
      failure = cannotFetch(name, error)
      // On a full disk there is no room for an answer either: whoever waits for the recovery ends it by the failure.
      try {
        answer(255)
      } catch {}
    }
  }

  let busy = false
  const timer = setInterval(() => {
    const ask = join(folder, 'ask')
    if (busy || !existsSync(ask)) return
    busy = true
    const name = readFileSync(ask, 'utf8')
    rmSync(ask, { force: true })
    void serve(name).finally(() => {
      busy = false
    })
  }, POLL_MS)

  return {
    command: `/bin/sh ${DESK}/ask.sh ${process.pid} "%f" "%p"`,
    served: () => served.size,
    again: () => again,
    asked: () => asked,
    missing: () => missing,
    failure: () => failure,
    async close() {
      clearInterval(timer)
      closing.abort()
      // What never answers is not waited for.
      await Promise.race([Promise.allSettled(pending.values()), sleep(2_000, undefined, { ref: false })])
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function timely<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const cannotFetch = (name: string, cause: unknown): ArxError =>
  new ArxError({
    code: 'wal-unavailable',
    message: `cannot read the WAL file ${name}: the recovery was stopped, nothing was promoted`,
    detail:
      cause instanceof ArxError ? [cause.message, cause.detail].filter(Boolean).join(': ') : (cause as Error).message,
    hint: 'when the repository can be reached again: the same command once more; where the file is damaged, restore to before it',
    cause,
  })
