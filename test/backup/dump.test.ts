import { dumpMethod } from '../../src/backup/methods/dump.ts'
import { comesBack } from './comes-back.ts'

comesBack(dumpMethod, 'dump')
