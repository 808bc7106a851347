import { chain, isClear, isClosed, isDamaged, isFailed, judged, Lost, type Model } from './model.ts'
import type { Random } from './random.ts'
import { load } from './rows.ts'
import { RETENTION, type Said } from './tool.ts'
import { brief, type Do, must, remember, synced, type World } from './world.ts'

export const backupWords = (world: World, kind: string): readonly string[] => [
  ...['backup', 'run', '--kind', kind, '--url', world.server.url(), '-o', 'json'],
]

/** Closed, it has to say so, and to change nothing. */
export function refusedClosed(said: Said, what: string): void {
  if (said.code === 0) throw new Lost(`${what} succeeded on a repository that is none`)
}

export const doBackup: Do = async (world, dice) => {
  const { model, tool } = world
  const kind = dice.pick(world.kinds)
  const from = model.moments.length - 1
  const running = tool.run(backupWords(world, kind))
  // Rows that come meanwhile: the backup holds all of a transaction or nothing of it.
  for (let busy = dice.chance(0.4) ? 1 + dice.below(4) : 0; busy > 0; busy--) await more(world, dice)
  const said = await running
  world.say(`backup ${kind}: ${said.code}`)
  if (isClosed(model)) return refusedClosed(said, 'backup run')
  // One that adds to another needs a whole one to add to.
  if (said.code !== 0 && (kind !== 'incremental' || isClear(model))) must(said, `backup run --kind ${kind}`)
  if (said.code === 0) {
    const [{ label }] = JSON.parse(said.stdout) as [{ label: string }]
    await synced(world, from, dice.chance(0.3))
    if (!model.backups.has(label)) throw new Lost(`backup run said that it made ${label}, and it is not there`)
  } else await synced(world, from)
}

async function more(world: World, dice: Random): Promise<void> {
  world.model.rows = await load(world.server.client, world.model.rows, dice)
  await remember(world)
}

export const doVerify: Do = async (world, dice) => {
  const { model, tool } = world
  const level = 1 + dice.below(2)
  const said = await tool.run(['backup', 'verify', '--all', '--level', String(level), '-o', 'json'])
  world.say(`verify --level ${level}: ${said.code}`)
  if (isClosed(model)) return refusedClosed(said, 'backup verify')
  const rows = tool.rows<{ label: string; outcome: string; problems: string | null }>(said, [0, 3])
  if (!rows) {
    if (model.backups.size === 0) return
    throw new Lost(`backup verify ended with ${said.code}: ${brief(said)}`)
  }
  const outcomes = new Map(rows.map((row) => [row.label, row]))
  for (const backup of model.backups.values()) {
    const row = outcomes.get(backup.label)
    const damaged = chain(model, backup)?.some(({ label }) => isDamaged(model, label)) ?? true
    if (isDamaged(model, backup.label) && row?.outcome === 'passed') {
      throw new Lost(
        `verify passes ${backup.label}, of which a file was damaged: ${JSON.stringify([...model.damages.keys()])}`,
      )
    }
    if (!damaged && row?.outcome !== 'passed') {
      throw new Lost(`verify fails ${backup.label}, which nobody touched: ${row?.problems ?? 'it is not judged'}`)
    }
    judged(backup, level, row?.outcome === 'passed')
  }
  if ((said.code === 3) !== rows.some(({ outcome }) => outcome === 'failed')) {
    throw new Lost(`verify ended with ${said.code}, and says ${JSON.stringify(rows)}`)
  }
}

const DAY_MS = 86_400_000
const momentOf = (label: string): number =>
  Date.parse(label.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6Z'))

export const doPrune: Do = async (world) => {
  const { model, tool } = world
  const before: Model = { ...model, backups: new Map(model.backups), damages: new Map(model.damages) }
  const said = await tool.run(['backup', 'prune', '--yes', '-o', 'json'])
  world.say(`prune: ${said.code}`)
  if (isClosed(model)) return refusedClosed(said, 'backup prune')
  must(said, 'backup prune')
  const gone = await synced(world, model.moments.length - 1)
  world.told.pruned += gone.length
  keptItsWord(before, gone, Date.now())
}

/** The rules, said once more and otherwise than retention.ts says them. */
function keptItsWord(model: Model, gone: readonly string[], now: number): void {
  const newestFirst = [...model.backups.values()].sort((a, b) => (a.label < b.label ? 1 : -1))
  const kept = newestFirst.filter(({ label }) => !gone.includes(label))
  for (const label of gone) {
    const backup = model.backups.get(label)!
    const complain = (why: string): never => {
      throw new Lost(`prune removed ${label}: ${why}; it kept ${kept.map((one) => one.label).join(', ')}`)
    }
    if (now - momentOf(label) < RETENTION.days * DAY_MS) complain('it is younger than the policy says')
    for (const child of kept) {
      if (chain(model, child)?.includes(backup)) complain(`${child.label} stands on it`)
    }
    // What was of no use goes with what made it so; while that stays, and may be put right, it is of use.
    const useless = chain(model, backup)?.some((one) => isDamaged(model, one.label) && gone.includes(one.label)) ?? true
    if (useless || isFailed(model, backup, true)) continue
    const newer = newestFirst.slice(0, newestFirst.indexOf(backup)).filter((one) => !isFailed(model, one, false))
    if (newer.length < RETENTION.count) complain(`only ${newer.length} good ones are newer`)
    if (backup.verified && newer.filter((one) => one.verified || one.unsure).length < RETENTION.keepVerified) {
      complain('it is one of the newest verified ones')
    }
  }
}
