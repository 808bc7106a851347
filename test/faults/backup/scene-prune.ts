// Histories of backups for prunes, and what is left of them.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import type { Proof } from '../../../src/backup/proofs.ts'
import { beginRun } from '../../../src/backup/runs.ts'
import { DAY_MS, type Shop } from '../../backup/shop.ts'

export const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS)

export const OBJECTS = ['a.bin', 'b.bin', 'c/d.bin']

/** What is said of a backup beside its age. */
export type Aged = Partial<Manifest> & { readonly level?: Proof['level'] | undefined; readonly fails?: boolean }

/** One that ended so many days ago, with a record of its run; judged then where a level is given. */
export async function aged(shop: Shop, days: number, { level, fails = false, ...rest }: Aged = {}): Promise<Manifest> {
  const label = shop.label(ago(days), rest.kind ?? 'dump')
  const contents = OBJECTS.map((name) => ({ name, bytes: randomBytes(50), seals: [] }))
  const manifest = await shop.publish({ label, ...rest }, contents)
  await (await beginRun(shop.repository, 'run')).end('ok', { label })
  if (level !== undefined) await shop.prove(label, level, !fails, ago(days))
  return manifest
}

/** Retention by the file. */
export const rules = ({ home }: Shop, retention: object): void =>
  writeFileSync(join(home, 'arxdb.json'), JSON.stringify({ backup: { retention } }))

export const everything = async ({ repository }: Shop): Promise<readonly string[]> =>
  (await repository.store.list('')).map(({ key }) => key)

/** Folders that hold something. */
export function labels({ folder }: Shop): readonly string[] {
  const root = join(folder, 'backups')
  const holds = (name: string): boolean =>
    readdirSync(join(root, name), { recursive: true, withFileTypes: true }).some((one) => one.isFile())
  return existsSync(root) ? readdirSync(root).filter(holds).sort() : []
}

export const withManifest = (shop: Shop): readonly string[] =>
  labels(shop).filter((label) => existsSync(shop.path(label, 'manifest.json')))

/** Every backup that has a manifest has all of its objects. */
export function allWhole(shop: Shop): void {
  for (const label of withManifest(shop))
    for (const name of OBJECTS) expect(existsSync(shop.path(label, name)), `${label} ${name}`).toBe(true)
}
