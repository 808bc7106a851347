// Small sentences that several questions say.

/** `1 coin`, `3 coins`, `1,091,782 rows`. */
export const count = (n: number, noun: string): string => `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`

/** Seconds for a remark: `45 s`, `5 min`, `3 h`, `170 d`. */
export function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400).toLocaleString('en-US')} d`
}

/** A staleness that accepts this age, as a flag takes it: `45s`, `11m`, `69d`. Longer than the age, which is not fresh. */
export function atLeast(seconds: number): string {
  const above = (unit: number) => Math.floor(seconds / unit) + 1
  if (seconds < 90) return `${above(1)}s`
  if (seconds <= 5_400) return `${above(60)}m`
  if (seconds < 172_800) return `${above(3_600)}h`
  return `${above(86_400)}d`
}

/** A share for a remark, as the column beside it is shown: `84.1%`; never `100%` for what is not whole, nor `0%` for what is not nothing. */
export function percent(share: number): string {
  const rounded = Number((share * 100).toFixed(2))
  if (rounded === 0 && share > 0) return '<0.01%'
  return `${rounded === 100 && share !== 1 ? Math.floor(share * 10_000) / 100 : rounded}%`
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const

/** `1.2 GB`; a kilobyte is 1000 bytes. */
export function humanBytes(bytes: number): string {
  let size = Math.abs(bytes)
  let unit = 0
  while (Number(size.toFixed(1)) >= 1000 && unit < BYTES.length - 1) {
    size /= 1000
    unit++
  }
  return `${bytes < 0 ? '-' : ''}${unit === 0 ? size : size.toFixed(1)} ${BYTES[unit]}`
}
