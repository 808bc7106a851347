// The ways of backing up by their names, each loaded when it is asked for.
import type { Kind } from '../settings.ts'
import type { Method } from './method.ts'

const METHODS: Readonly<Record<Kind, () => Promise<Method>>> = {
  dump: async () => (await import('./dump.ts')).dumpMethod,
  base: async () => (await import('./base.ts')).baseMethod,
  incremental: async () => (await import('./incremental.ts')).incrementalMethod,
  pgbackrest: async () => (await import('./pgbackrest.ts')).pgbackrestMethod,
  copy: async () => (await import('./copy/copy.ts')).copyMethod,
}

/** The method that makes and decodes backups of this kind. */
export const methodOf = (kind: Kind): Promise<Method> => METHODS[kind]()
