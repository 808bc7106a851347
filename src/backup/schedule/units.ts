// systemd's units in a folder: written whole, taken out whole, and told to systemd where there is one.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { execa } from 'execa'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import type { Unit } from './systemd.ts'

export interface UnitPlace {
  readonly folder: string
  /** Undefined: files only, for a folder that systemd does not read by itself. */
  readonly manager: 'system' | 'user' | undefined
}

/** Root's units are the system's; everybody else's are his own, and need `loginctl enable-linger` to run at night. */
export function unitPlace(given: string | undefined, env: Env): UnitPlace {
  if (given !== undefined) return { folder: given, manager: undefined }
  if (process.geteuid?.() === 0) return { folder: '/etc/systemd/system', manager: 'system' }
  const xdg = env.XDG_CONFIG_HOME
  const config = xdg && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.config')
  return { folder: join(config, 'systemd', 'user'), manager: 'user' }
}

export interface UnitChange {
  readonly write: readonly Unit[]
  /** Names of units of ours that are not wanted any more. */
  readonly remove: readonly string[]
}

/** What is to be written and removed so that the folder holds these units of `id`, and no others of it. */
export async function planUnits({ folder }: UnitPlace, id: string, wanted: readonly Unit[]): Promise<UnitChange> {
  const there = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(`arxdb-${id}-`))
  const texts = new Map<string, string>()
  for (const name of there) texts.set(name, await readFile(join(folder, name), 'utf8'))
  const names = new Set(wanted.map(({ name }) => name))
  return {
    write: wanted.filter(({ name, text }) => texts.get(name) !== text),
    remove: there.filter((name) => !names.has(name)).sort(),
  }
}

/** Jobs of `id` that have a timer in the folder. */
export async function timersOf({ folder }: UnitPlace, id: string): Promise<readonly string[]> {
  const prefix = `arxdb-${id}-`
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith('.timer'))
    .map((name) => name.slice(prefix.length, -'.timer'.length))
}

/**
 * Carries a change out. Timers that go are stopped first; those that came or changed are started last. Without a running
 * systemd nothing is written: exit 5 says how to write the files alone.
 */
export async function changeUnits(place: UnitPlace, { write, remove }: UnitChange, env: Env): Promise<void> {
  const { folder, manager } = place
  const systemctl = async (...words: string[]): Promise<void> => {
    if (manager === undefined) return
    const scope = manager === 'user' ? ['--user'] : []
    const ran = await execa('systemctl', [...scope, ...words], {
      env: { ...env, LC_ALL: 'C' },
      extendEnv: false,
      reject: false,
    })
    if (ran.failed) throw noSystemd(words.join(' '), ran.stderr?.trim() || ran.shortMessage)
  }
  const timers = (names: readonly string[]): string[] => names.filter((name) => name.endsWith('.timer'))
  // Asks whether it is there at all, before a file is touched.
  await systemctl('list-timers', '--no-pager', '--quiet')
  const gone = timers(remove)
  if (gone.length > 0) await systemctl('disable', '--now', ...gone)
  for (const name of remove) await rm(join(folder, name), { force: true })
  await mkdir(folder, { recursive: true })
  for (const { name, text } of write) {
    const draft = join(folder, `.${name}.${process.pid}`)
    await writeFile(draft, text, { mode: 0o644 })
    await rename(draft, join(folder, name))
  }
  if (write.length + remove.length > 0) await systemctl('daemon-reload')
  const started = timers(write.map(({ name }) => name.replace(/\.service$/, '.timer')))
  if (started.length > 0) await systemctl('enable', '--now', ...new Set(started))
}

const noSystemd = (what: string, why: string | undefined): ArxError =>
  new ArxError({
    code: 'no-systemd',
    message: `systemctl ${what} failed`,
    detail: why,
    hint: 'where systemd does not run: --unit-dir FOLDER writes the files alone; or --format cron',
    exit: EXIT.unsupported,
  })
