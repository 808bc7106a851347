// The backup section: a higher file's keys win one by one, and paths are meant from the file that says them.
import type { FoundFile } from './find.ts'
import type { FileBackup, Setting } from './schema.ts'
import { pathFrom } from './target.ts'

const PATHS = ['repo', 'keyFile', 'staging', 'bindir']

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))

/** The section of all files, and a line of `config show` for each of its keys. */
export function mergeBackup(files: readonly FoundFile[], settings: Setting[], home: string): FileBackup {
  const merged: Record<string, unknown> = {}
  for (const { config, path } of files) {
    for (const [key, written] of Object.entries(config.backup ?? {})) {
      if (key in merged) continue
      const value =
        PATHS.includes(key) && !/^s3:/.test(String(written)) ? pathFrom(path, String(written), home) : written
      merged[key] = value
      settings.push({ key: `backup.${key}`, value: textOf(value), origin: path })
    }
  }
  return merged
}
