// The face of the backup area for `arxdb backup doctor`.
import { backupSettings } from '../settings.ts'
import { examine } from './doctor.ts'

export const settings = backupSettings
export const diagnose = examine
