// The face of the backup area for `arxdb backup`.
import { backupSettings } from './settings.ts'

export const settings = backupSettings
