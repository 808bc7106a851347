// A Parquet file as it is stored: hyparquet itself makes a float of a decimal and milliseconds of a time.
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet'

export interface ParquetFile {
  readonly metadata: FileMetaData
  /** Decimals as text with all places, times as microseconds since 1970, whole numbers as bigint. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Type and scale by column: `DECIMAL(38,2)`, `UTF8`, `INT64`. */
  readonly types: Readonly<Record<string, string>>
  /** Key-value metadata. */
  readonly said: Readonly<Record<string, string | undefined>>
}

type Element = FileMetaData['schema'][number]

const typeOf = ({ type, converted_type, precision, scale }: Element): string =>
  converted_type === 'DECIMAL' ? `DECIMAL(${precision},${scale})` : (converted_type ?? type ?? 'group')

/** Two's complement, highest byte first, as text with `scale` places. */
function decimalText(bytes: Uint8Array, scale: number): string {
  const bits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  const whole = BigInt.asIntN(bytes.length * 8, bits)
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${whole < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}

export async function readParquet(bytes: Uint8Array): Promise<ParquetFile> {
  const file = new Uint8Array(bytes).buffer
  const metadata = parquetMetadata(file)
  const elements = metadata.schema.slice(1)
  // Without its second name a column is read as it is stored.
  const bare = ({ converted_type, logical_type, ...rest }: Element): Element =>
    converted_type === 'UTF8' ? { ...rest, converted_type } : rest
  const stored = await parquetReadObjects({ file, metadata: { ...metadata, schema: metadata.schema.map(bare) } })
  const scales = new Map(elements.filter((each) => each.scale !== undefined).map((each) => [each.name, each.scale!]))
  const rows = stored.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        const scale = scales.get(name)
        return [name, scale !== undefined && value instanceof Uint8Array ? decimalText(value, scale) : value]
      }),
    ),
  )
  return {
    metadata,
    rows,
    types: Object.fromEntries(elements.map((each) => [each.name, typeOf(each)])),
    said: Object.fromEntries((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value])),
  }
}
