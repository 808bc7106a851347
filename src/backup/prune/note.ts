// The note that a prune leaves in the folder of a backup before it touches it: which of the files there are the backup's.
// It stays as long as others' files lie there, so that nobody takes them for what an unfinished run left.
import { objectKey } from '../catalogue.ts'
import type { Repository } from '../repository.ts'
import { ObjectAbsent } from '../stores/outcomes.ts'
import { REMOVING } from '../verify/present.ts'

export const noteKey = (label: string): string => objectKey(label, REMOVING)

/** Writes down what is going to be removed. */
export async function writeNote({ store }: Repository, label: string, names: readonly string[]): Promise<void> {
  await store.put(noteKey(label), Buffer.from(`${JSON.stringify({ objects: names })}\n`), { replace: true })
}

/** The names in it, of those that stay inside their folder; none when it is no note. */
export async function readNote({ store }: Repository, label: string): Promise<readonly string[]> {
  try {
    const { objects } = JSON.parse((await store.read(noteKey(label))).toString()) as { objects: unknown[] }
    return objects.filter((name): name is string => typeof name === 'string' && !/(^|\/)\.{0,2}(\/|$)/.test(name))
  } catch (error) {
    if (error instanceof ObjectAbsent || error instanceof SyntaxError || error instanceof TypeError) return []
    throw error
  }
}
