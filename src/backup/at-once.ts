// Many small requests, some of them under way at once: one after the other they take as long as the way to the store is.

/** What a store of ours answers without holding others up. */
const AT_ONCE = 32

/** What `work` says of each, in the order they came in; the first failure is the whole's. */
export async function atOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const said: R[] = []
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length && !failed; at = next++) said[at] = await work(items[at]!)
  }
  const guarded = (): Promise<void> =>
    worker().catch((error: unknown) => {
      failed = true
      throw error
    })
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, guarded))
  return said
}
