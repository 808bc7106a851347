// Whether a store keeps what is there when it is told to: some services take a conditional write for an ordinary one.
import { ArxError, EXIT } from '../../errors.ts'
import { ObjectExists } from './outcomes.ts'
import type { Store } from './store.ts'

/**
 * Writes over `key`, which was just written, and must be refused; where it is not, two runs would replace each other's
 * objects: what is there is removed, and that is the error. Other bytes than those that are there: the same ones, sent
 * twice because the store did not answer at once, would be taken for our own.
 */
export async function assertKeeps(store: Store, key: string): Promise<void> {
  try {
    await store.put(key, Buffer.from('{}\n'))
  } catch (error) {
    if (error instanceof ObjectExists) return
    throw error
  }
  await store.remove(key)
  throw new ArxError({
    code: 'no-conditional-writes',
    message: `${store.where} replaces an object where it was told not to`,
    detail: 'the service ignores If-None-Match, so nothing keeps two runs from replacing each other',
    hint: 'update it, or use another: AWS, MinIO, Ceph and R2 know conditional writes',
    exit: EXIT.unsupported,
  })
}
