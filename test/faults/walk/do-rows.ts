import { start } from './cluster.ts'
import { Lost } from './model.ts'
import { contentOf, difference, load, revise } from './rows.ts'
import { configure } from './stanza.ts'
import { archived, DATABASE, type Do, remember } from './world.ts'

export const doLoad: Do = async (world, dice) => {
  world.model.rows = await load(world.server.client, world.model.rows, dice)
  await remember(world)
}

export const doRevise: Do = async (world, dice) => {
  world.model.rows = await revise(world.server.client, world.model.rows, dice)
  await remember(world)
}

export const doArchive: Do = (world) => archived(world)

/** The processes die; what was committed is there afterwards. */
export const doCrash: Do = async (world) => {
  const { dataDir } = world.server
  await world.server.crash()
  world.server = await start(world.bindir, dataDir, DATABASE)
  if (world.stanza) configure(world.stanza, world.server)
  const wrong = difference(world.model.rows, await contentOf(world.server.client))
  if (wrong) throw new Lost(`after a crash of the server: ${wrong}`)
}
