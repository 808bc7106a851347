// The shortest part of a walk that still fails: halves are taken away, then quarters, down to single operations (Zeller's
// ddmin). What fails in another way is another finding, and does not count.

/** Calls `fails` at most `tries` times; the shortest list for which it said yes. */
export async function shrunk<T>(
  list: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
  tries = 60,
): Promise<readonly T[]> {
  let left = tries
  let shortest = list
  for (let size = Math.ceil(shortest.length / 2); size >= 1; ) {
    let removed = false
    for (let from = 0; from < shortest.length && left > 0; ) {
      const part = [...shortest.slice(0, from), ...shortest.slice(from + size)]
      left--
      if (part.length > 0 && (await fails(part))) {
        shortest = part
        removed = true
      } else {
        from += size
      }
    }
    if (left === 0) break
    if (!removed || size > shortest.length) size = size === 1 ? 0 : Math.ceil(size / 2)
  }
  return shortest
}
