import { copyMethod } from '../../src/backup/methods/copy/copy.ts'
import { comesBack } from './comes-back.ts'

comesBack(copyMethod, 'copy')
