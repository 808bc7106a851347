// "Did you mean": stands at the top of src because core (coins, exchanges) and config (keys) both ask it.

/** Damerau-Levenshtein, optimal string alignment: insert, delete, replace, swap of neighbours cost one each. */
export function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}

/**
 * The candidates a person may have meant by `word`, nearest first, at most `limit`. Case does not count. A third of
 * the word may be wrong, but one letter always; a candidate that begins with the word counts as one letter off.
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): readonly string[] {
  const wanted = word.toLowerCase()
  const allowed = Math.max(1, Math.floor(wanted.length / 3))
  const found: { readonly candidate: string; readonly far: number }[] = []
  for (const candidate of candidates) {
    const name = candidate.toLowerCase()
    const prefix = wanted.length >= 2 && name.startsWith(wanted)
    if (!prefix && Math.abs(name.length - wanted.length) > allowed) continue
    const far = name === wanted ? 0 : prefix ? 1 : distance(wanted, name)
    if (prefix || far <= allowed) found.push({ candidate, far })
  }
  found.sort((a, b) => a.far - b.far || (a.candidate < b.candidate ? -1 : 1))
  return found.slice(0, limit).map(({ candidate }) => candidate)
}
