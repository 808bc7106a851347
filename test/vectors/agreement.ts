// Prints the table of agreement, and fails where a figure disagrees: node test/vectors/agreement.js
// What arxdb answers from a database is asked of the server in ARXDB_BENCH_URL, else of the local one; --offline leaves it out.
import { benchServer } from '../bench/server.ts'
import { generated } from './generated.ts'
import { agrees, type Line, table } from './line.ts'
import { stockIndicators, taLib } from './published.ts'
import { scratchDatabase } from './scratch.ts'
import { served } from './served.ts'
import { sourcesIn, vectorsFolder } from './sources.ts'

const folder = vectorsFolder()
const vectors = folder === undefined ? undefined : sourcesIn(folder)

async function asked(): Promise<readonly Line[]> {
  const database = await scratchDatabase(await benchServer())
  try {
    return await served(database.url, vectors)
  } finally {
    await database.drop()
  }
}

const lines = [...(vectors ? [...stockIndicators(vectors), ...taLib(vectors)] : []), ...generated()]
try {
  if (!process.argv.includes('--offline')) lines.push(...(await asked()))
} catch (error) {
  // What was not asked has not agreed.
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
process.stdout.write(`${table(lines)}\n`)
if (!vectors) process.stderr.write("nobody else's numbers are here: ARXDB_VECTORS names their folder\n")
if (!lines.every(agrees)) process.exitCode = 1
