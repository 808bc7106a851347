import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { segmentAt } from '../../../src/backup/wal/names.ts'
import { who } from './cluster.ts'
import { backupWords } from './do-backups.ts'
import { type Damage, isClosed, judged, Lost, SEGMENT } from './model.ts'
import type { Random } from './random.ts'
import { type Do, synced, type World } from './world.ts'

/** What may come to harm: not the key, which nobody keeps in the repository, and not what is being written. */
function files(repo: string): readonly string[] {
  const all = readdirSync(repo, { recursive: true, encoding: 'utf8' })
  return all
    .filter((key) => /^(backups|wal|proofs|runs)\/|^arxdb-repository/.test(key) && statSync(join(repo, key)).isFile())
    .sort()
}

function write(repo: string, key: string, bytes: Buffer): void {
  const path = join(repo, key)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  if (who.uid !== undefined) chownSync(path, who.uid, who.gid!)
}

export const doDamage: Do = async (world, dice) => {
  const { model, repo } = world
  const all = files(repo).filter((key) => !model.damages.has(key))
  // Each sort is as likely as any other; there are hundreds of segments, and one marker.
  const sorts = [
    /^backups\/.*(?<!manifest\.json)$/,
    /^backups\/.*manifest\.json$/,
    /^wal\//,
    /^(proofs|runs)\//,
    /^arxdb-/,
  ]
  const sort = dice.pick([0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 4])
  const some = all.filter((key) => sorts[sort]!.test(key))
  if (some.length === 0) return
  const key = dice.pick(some)
  const original = readFileSync(join(repo, key))
  const how =
    original.length === 0 ? 'removed' : dice.pick(['cut', 'flipped', 'emptied', 'removed', 'exchanged'] as const)
  const other = readFileSync(join(repo, dice.pick(some)))
  const changed = harmed(original, other, how, dice)
  if (changed?.equals(original)) return
  // A backup without a manifest is none, for arxdb and for its files alike: that is no damage but a removal.
  if (how === 'removed' && key.endsWith('/manifest.json')) return
  if (changed) write(repo, key, changed)
  else rmSync(join(repo, key))
  world.told.damages++
  world.say(`${key} ${how}`)
  // Records and proofs are told apart from the backups themselves: nothing may depend on them but what they say.
  if (/^(proofs|runs)\//.test(key)) {
    const backup = model.backups.get(key.split('/')[1]!)
    if (backup) backup.unsure = true
    return
  }
  model.damages.set(key, { key, how, original })
}

/** The bytes after that; undefined: the file is no more. */
export function harmed(bytes: Buffer, other: Buffer, how: Damage['how'], dice: Random): Buffer | undefined {
  if (how === 'removed') return undefined
  if (how === 'emptied') return Buffer.alloc(0)
  if (how === 'exchanged') return other
  if (how === 'cut') return bytes.subarray(0, Math.floor(bytes.length * dice.pick([0.02, 0.4, 0.98])))
  const flipped = Buffer.from(bytes)
  flipped[dice.below(bytes.length)]! ^= 1 << dice.below(8)
  return flipped
}

export const doMend: Do = async (world) => {
  const { model, repo } = world
  for (const { key, original } of model.damages.values()) write(repo, key, original)
  model.damages.clear()
}

const proofs = (repo: string): readonly string[] => files(repo).filter((key) => /^proofs\/.*\.json$/.test(key))

/** A command of every sort dies at some step. What it was about is as before, or as after. */
export const doKill: Do = async (world, dice) => {
  const { model, tool } = world
  world.told.kills++
  const from = model.moments.length - 1
  const kind = dice.pick(world.kinds)
  const label = [...model.backups.keys()].sort().at(-1)
  const commands: readonly (readonly string[])[] = [
    backupWords(world, kind),
    backupWords(world, kind),
    ['backup', 'prune', '--yes'],
    ['backup', 'verify', '--all', '--level', '2'],
    ['restore', 'run', '--into-database', `killed_${world.count++}`, '--url', world.server.url()],
    ['restore', 'run', '--into', join(world.folder, `killed-${world.count++}`), ...(label ? ['--backup', label] : [])],
  ]
  const words = dice.pick(commands)
  const at = 1 + dice.below(words[1] === 'run' && words[0] === 'backup' ? 30 : 20)
  const known = new Set(proofs(world.repo))
  const said = await tool.run(words, at)
  // A verification that is killed has said so of some, and not of others.
  for (const key of proofs(world.repo).filter((one) => !known.has(one))) {
    const { label: of, level, passed } = JSON.parse(readFileSync(join(world.repo, key), 'utf8'))
    const backup = model.backups.get(of)
    if (backup) judged(backup, level, passed)
  }
  world.say(`${words.slice(0, 2).join(' ')} killed at step ${at}: ${said.signal ?? said.code}`)
  if (!isClosed(model)) await synced(world, from)
  rmSync(join(world.folder, `killed-${world.count - 1}`), { recursive: true, force: true })
  await archiverKilled(world, dice)
}

/** `wal push` by hand, killed: a segment is in the archive whole, or not at all. */
async function archiverKilled(world: World, dice: Random): Promise<void> {
  if (isClosed(world.model) || !dice.chance(0.3)) return
  const { rows } = await world.server.client.query(
    'select pg_walfile_name(pg_current_wal_lsn()) as file, pg_current_wal_lsn()::text as lsn',
  )
  if (segmentAt(rows[0].lsn, SEGMENT) < 2) return
  const names = readdirSync(join(world.server.dataDir, 'pg_wal')).filter(
    (name) => /^[0-9A-F]{24}$/.test(name) && name < rows[0].file,
  )
  const name = names.sort().at(-1)
  if (!name) return
  const said = await world.tool.run(
    ['wal', 'push', join(world.server.dataDir, 'pg_wal', name), '--repo', world.repo],
    1 + dice.below(4),
  )
  const again = await world.tool.run(['wal', 'push', join(world.server.dataDir, 'pg_wal', name), '--repo', world.repo])
  if (again.code !== 0 && !world.model.damages.size)
    throw new Lost(`wal push of ${name} ended with ${again.code} after one killed with ${said.signal}: ${again.stderr}`)
}
