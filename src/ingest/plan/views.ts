// Which field of a record goes to which column of its table.
import { cells, type Layout, targetOf } from './layout.ts'
import type { PlannedColumn } from './plan.ts'
import type { TargetColumn } from './targets.ts'
import type { Timing } from './time-column.ts'

const BAR = ['timestamp', 'open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades']

/** `places` are the columns of one coin of a wide table. */
export function columnsOf(
  layout: Layout,
  timing: Timing,
  metric: string | undefined,
  places?: ReadonlyMap<string, number>,
): readonly PlannedColumn[] {
  const { format, called } = layout
  const planned = (column: TargetColumn, field: number): PlannedColumn => ({
    ...column,
    field,
    from: field < 0 ? column.name : called(column.name, field),
    ...(format.zeroIsNull?.includes(column.name) ? { zeroIsNull: true as const } : {}),
  })
  const time = (column: TargetColumn): PlannedColumn =>
    timing.constant === undefined
      ? planned(column, timing.field)
      : { ...column, field: -1, from: '--timestamp', constant: timing.constant }
  const { columns } = targetOf(format)
  if (format.trades)
    return BAR.map((name) => columns.find((column) => column.name === name)!).map((column) =>
      column.name === 'timestamp' ? time(column) : { ...column, field: -1, from: column.name },
    )
  return columns.flatMap((column) => {
    if (column.name === 'timestamp') return [time(column)]
    const field = places?.get(column.name) ?? layout.at(column.name === metric ? 'value' : column.name)
    if (places ? !column.required && !['volume'].includes(column.name) : field < 0) return []
    if (column.name === 'observed_at' && !isReadable(layout, field, timing)) return []
    return [planned(column, field)]
  })
}

/** A column that only bears the name must not cost the rows. */
const isReadable = ({ given }: Layout, field: number, { read }: Timing): boolean =>
  given.map.has('observed_at') || cells(given.seen, field).some((cell) => read(cell) >= 0)
