// The backup section: a higher file's keys win one by one, and paths are meant from the file that says them.
import type { FoundFile } from './find.ts'
import type { FileBackup, Setting } from './schema.ts'
import { pathFrom } from './target.ts'

const PATHS = ['repo', 'keyFile', 'staging', 'bindir']

/** Of the heartbeat's URL no more than where it leads: its path is a secret. */
function textOf(key: string, value: unknown): string {
  if (key === 'heartbeat' && URL.canParse(String(value))) return `${new URL(String(value)).origin}/...`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The section of all files, and a line of `config show` for each of its keys. */
export function mergeBackup(files: readonly FoundFile[], settings: Setting[], home: string): FileBackup {
  const merged: Record<string, unknown> = {}
  for (const { config, path } of files) {
    for (const [key, written] of Object.entries(config.backup ?? {})) {
      if (key in merged) continue
      const value =
        PATHS.includes(key) && !/^s3:/.test(String(written)) ? pathFrom(path, String(written), home) : written
      merged[key] = value
      settings.push({ key: `backup.${key}`, value: textOf(key, value), origin: path })
    }
  }
  return merged
}
