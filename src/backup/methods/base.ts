// kind base: the whole cluster by pg_basebackup, with the WAL that it needs, and a restore point straight behind it.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError } from '../../errors.ts'
import { serverEnv } from '../../programs/run.ts'
import { isOfHost } from '../host-failure.ts'
import { BACKUP_MANIFEST, objectNamed, objectText, type ServerManifest, unpackBase } from '../restore/unpack.ts'
import { compressionHere } from '../sealing/seal.ts'
import { runBasebackup } from './basebackup.ts'
import { type Cluster, surveyedCluster } from './cluster.ts'
import { marked } from './marked.ts'
import type { DecodeTask, Made, Making, Method, Outcome } from './method.ts'
import { runTool, toolVersion } from './tool.ts'

export const baseMethod: Method = {
  async preflight(making) {
    await surveyedCluster(making)
  },

  async make(making) {
    return makeBase(making, await surveyedCluster(making))
  },

  decode: decodeBase,
}

/** Makes a full one, or what was written since the backup whose `backup_manifest` is given. */
export async function makeBase(
  making: Making,
  cluster: Cluster,
  incremental?: { readonly label: string; readonly file: string } | undefined,
): Promise<Outcome> {
  const { settings, staging } = making
  const [here] = await compressionHere(settings.compression)
  let compress: 'zstd' | 'gzip' | 'none' = here === 'zstd' || here === 'gzip' ? here : 'none'
  let folder = join(staging, 'base')
  const run = () => runBasebackup(making, { folder, compress, incremental: incremental?.file })
  let ran = await run()
  if (ran.lacksZstd) {
    compress = 'gzip'
    folder = join(staging, 'base-gzip')
    ran = await run()
  }
  const told = JSON.parse(await readFile(join(folder, BACKUP_MANIFEST), 'utf8')) as ServerManifest
  // A backup that was made across a promotion has two; a restore follows the last.
  const ranges = told['WAL-Ranges']
  const [first, last] = [ranges[0], ranges.at(-1)]
  if (!first || !last) throw new ArxError({ code: 'basebackup-failed', message: 'pg_basebackup named no WAL range' })
  making.check()
  const { mark, evidence, warnings } = await marked(making, cluster)
  return {
    files: await filesIn(folder, await compressionHere(settings.compression)),
    wal: {
      timeline: last.Timeline,
      start: first['Start-LSN'],
      end: last['End-LSN'],
      segmentBytes: cluster.segment_bytes,
    },
    mark,
    evidence,
    parent: incremental?.label ?? null,
    tools: [(await toolVersion(making.programs.need('pg_basebackup'), making.env)).text],
    warnings: [...ran.warnings, ...warnings],
    method: { superuser: cluster.superuser, tablespaces: cluster.tablespaces, archiveMode: cluster.archive_mode },
  }
}

/** What pg_basebackup compressed stays as it is; the WAL and the list of files it leaves plain. */
async function filesIn(folder: string, seals: Made['seals']): Promise<readonly Made[]> {
  const names = (await readdir(folder)).sort()
  return names.map((name) => ({ name, file: join(folder, name), seals: /\.(zst|gz)$/.test(name) ? [] : seals }))
}

/** Unpacks all of it, each file compared with its SHA-256, and has pg_verifybackup read files and WAL again. */
export async function decodeBase(task: DecodeTask): Promise<readonly string[]> {
  const { manifest, staging, programs, signal } = task
  const into = join(staging, 'data')
  const verify = programs.need('pg_verifybackup')
  try {
    await unpackBase({
      ...{ manifest, read: task.read, into, signal, account: undefined },
      place: ({ oid }) => join(staging, `tablespace-${oid}`),
    })
    const list = await objectText(await task.read(objectNamed(manifest, BACKUP_MANIFEST)))
    await writeFile(join(into, BACKUP_MANIFEST), list)
  } catch (error) {
    if (signal.aborted || isOfHost(error)) throw error
    const { message, detail } = error as ArxError
    return [detail === undefined ? message : `${message}: ${detail}`]
  }
  const args = ['--quiet', '--ignore=tablespace_map', ...(programs.find('pg_waldump') ? [] : ['--no-parse-wal']), into]
  const ran = await runTool(verify, args, { env: serverEnv({}), signal })
  if (ran.ok) return []
  const said = [...ran.errors, ...ran.warnings].slice(0, 5)
  return (said.length > 0 ? said : [ran.reason]).map((line) => `backups/${manifest.label}: ${line}`)
}
