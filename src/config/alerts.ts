// The alerts section: a higher file's keys win one by one, and paths are meant from the file that says them.
import type { FoundFile } from './find.ts'
import type { FileAlerts, Setting } from './schema.ts'
import { pathFrom } from './target.ts'

/** Of a webhook's URL no more than where it leads: its path is often a secret. */
function textOf(key: string, value: unknown): string {
  if (key === 'webhook' && URL.canParse(String(value))) return `${new URL(String(value)).origin}/...`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The section of all files, and a line of `config show` for each of its keys. */
export function mergeAlerts(files: readonly FoundFile[], settings: Setting[], home: string): FileAlerts {
  const merged: Record<string, unknown> = {}
  for (const { config, path } of files) {
    for (const [key, written] of Object.entries(config.alerts ?? {})) {
      if (key in merged) continue
      merged[key] = key === 'secretFile' ? pathFrom(path, String(written), home) : written
      settings.push({ key: `alerts.${key}`, value: textOf(key, merged[key]), origin: path })
    }
  }
  return merged
}
