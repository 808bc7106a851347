// The face of the backup area for those who look after an archive: `arxdb wal status` and `arxdb wal setup`.
import type { Connection } from '../../connect/connection.ts'
import { openRepository } from '../repository.ts'
import { findKey } from '../sealing/keys.ts'
import { type BackupSettings, backupSettings } from '../settings.ts'
import * as setting from './setup.ts'
import { type StatusTask, walStatus } from './status.ts'

export const settings = backupSettings

/** The archive's report, with the server's side when a connection is given. */
export async function status(
  wanted: BackupSettings,
  connection: Connection | undefined,
  how: Pick<StatusTask, 'whole' | 'acknowledge' | 'systemId'>,
) {
  return walStatus({ ...how, address: wanted, key: await findKey(wanted.keyFile), connection })
}

export interface SetupWorld {
  /** Absolute paths, as the server will call them. */
  readonly node: string
  readonly script: string
  /** Flags or config name a key file. */
  readonly namesKey: boolean
}

const facts = (wanted: BackupSettings, { node, script, namesKey }: SetupWorld): setting.SetupFacts => ({
  ...{ node, script, repo: wanted.repo, encrypt: wanted.encrypt, compression: wanted.compression },
  keyFile: namesKey || wanted.encrypt ? wanted.keyFile : undefined,
  s3: [
    ...(wanted.s3.endpoint === undefined ? [] : ['--s3-endpoint', wanted.s3.endpoint]),
    ...(wanted.s3.region === undefined ? [] : ['--s3-region', wanted.s3.region]),
    ...(wanted.s3.pathStyle ? ['--s3-path-style'] : []),
  ],
})

/** What is to be set. */
export const planSetup = (wanted: BackupSettings, world: SetupWorld, connection: Connection | undefined) =>
  setting.planSetup(facts(wanted, world), connection)

/** Makes the place a repository, if it is none: WAL goes only into what was begun on purpose. */
export const beginRepository = async (wanted: BackupSettings): Promise<void> =>
  (await openRepository(wanted, 'make')).close()

export const { applySetup } = setting
