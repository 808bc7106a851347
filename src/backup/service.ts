// The face of the backup area for `arxdb backup`: functions return plain data or throw an ArxError.
import { runBackup } from './run/run.ts'
import { backupSettings } from './settings.ts'

export const settings = backupSettings
export const run = runBackup
