// How values leave the wire: no digit lost, no local time zone, nothing JSON cannot hold.
import { pg } from './pg.ts'

const OID = { int8: 20, date: 1082, timestamp: 1114, timestamptz: 1184, interval: 1186, float4: 700, float8: 701 }

const float = (text: string): number | null => {
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

/** A count beyond 2^53 would be changed silently by Number, so it stays text. */
const int8 = (text: string): number | string => {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

/** `2025-01-01 00:00:00.5+00` (the session runs in UTC with ISO dates) to `2025-01-01T00:00:00.5Z`. */
const instant = (text: string): string => text.replace(' ', 'T').replace(/\+00(:00)?$/, 'Z')

const parsers = new Map<number, (text: string) => unknown>([
  [OID.int8, int8],
  [OID.float4, float],
  [OID.float8, float],
  [OID.timestamptz, instant],
  [OID.timestamp, (text) => text.replace(' ', 'T')],
  [OID.date, (text) => text],
  [OID.interval, (text) => text],
])

export const wireTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format ?? 'text') === 'text' && parsers.has(oid)
      ? parsers.get(oid)
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
}
