// Starts the process that stops an idle server: `arxdb local watch`, hidden from the help. Any number may be started;
// all but one leave at once.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../statements/package-root.ts'
import type { Env, Home } from './home.ts'
import { lastWatched, readRecord } from './record.ts'

/** A watcher looks every 15 s at least. */
const SILENT_MS = 60_000

/** Does nothing where arxdb runs from its sources without a build: such a server just does not stop by itself. */
export function startWatcher(home: Home, env: Env): void {
  const main = join(packageRoot(), 'bin', 'arxdb.js')
  if (!existsSync(join(packageRoot(), 'dist', 'main.js')) || readRecord(home)?.idleStopMs === 0) return
  const child = spawn(process.execPath, ['--max-old-space-size=64', main, 'local', 'watch'], {
    detached: true,
    stdio: 'ignore',
    // Not in the caller's folder: that would keep it from being unmounted or removed.
    cwd: '/',
    env: { PATH: env.PATH, HOME: env.HOME, ARXDB_HOME: home.root },
  })
  child.on('error', () => {})
  child.unref()
}

/** For a server that runs: brings a watcher when there is no sign of one, as after the system killed it for memory. */
export function keepWatched(home: Home, env: Env): void {
  if (Date.now() - lastWatched(home) > SILENT_MS) startWatcher(home, env)
}
