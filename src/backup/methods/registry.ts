// The methods by kind, loaded when one is used.
import { unsupportedError } from '../../errors.ts'
import type { Kind } from '../settings.ts'
import type { Method } from './method.ts'

/** The method that makes and decodes backups of this kind. */
export async function methodOf(kind: Kind): Promise<Method> {
  throw unsupportedError(`no backups of kind ${kind} yet`)
}
