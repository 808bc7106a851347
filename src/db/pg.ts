// The driver; every file that runs it takes it from here.
// biome-ignore-start assist/source/organizeImports: pg has to load between the lending and the taking back
import { lent } from './before-pg.ts'
import pg from 'pg'
// biome-ignore-end assist/source/organizeImports: see above

if (lent) Reflect.deleteProperty(globalThis, 'navigator')

export { pg }
