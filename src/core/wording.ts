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

/** A share for a remark: never `100 %` for what is not whole. */
export const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
