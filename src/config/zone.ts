// Zone names, as --tz takes them.

/** Offsets (`+02:00`) are none: PostgreSQL reads their sign the other way round. */
export function isZone(name: string): boolean {
  try {
    return name === 'UTC' || (/^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name })))
  } catch {
    return false
  }
}
