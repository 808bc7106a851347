// An answer as a picture: SVG that stands alone, says in words what it shows, and is read without colour.
import type { Result } from '../core/result.ts'
import { minuteText } from './chart-scale.ts'
import { firstSeries, labelOf, numberOf, pointsOf, type SeriesChart, type Track, trackOf } from './draw-data.ts'
import { type Drawn, drawnPane } from './draw-panes.ts'
import { svgBars } from './svg-bars.ts'
import { document, element, type Size } from './svg-document.ts'
import { svgPanes } from './svg-panes.ts'

/** More candles or points than this are merged: they would be narrower than two pixels. */
const PIXELS_A_COLUMN = 2

/**
 * A whole SVG document, ending in a newline; empty where there is nothing to draw. Of several series the first is
 * drawn, see `firstSeries`. Rows as bars make the picture as high as they need.
 */
export function svgChart(result: Result<object>, { width = 960, height = 540 }: Partial<Size> = {}): string {
  const { chart } = result
  if (!chart) return ''
  if (chart.kind === 'series') return series(result, chart, { width, height })
  const rows = result.rows as readonly Readonly<Record<string, unknown>>[]
  if (!rows.some((row) => numberOf(row[chart.value]) !== undefined)) return ''
  const drawn = svgBars(result, chart, width)
  const title = `${chart.value} by ${chart.label.join(', ')}`
  const said = rows.map((row) => `${labelOf(row, chart.label)}: ${String(row[chart.value] ?? 'none')}`)
  return document({ width, height: drawn.height }, { title, description: said.slice(0, 50).join('; ') }, drawn.body)
}

function series(result: Result<object>, chart: SeriesChart, size: Size): string {
  const { rows, name } = firstSeries(result, chart.by)
  const points = pointsOf(rows, chart)
  if (!points) return ''
  const track = trackOf(points, Math.floor(size.width / PIXELS_A_COLUMN))
  const panes = chart.panes.map((pane) => drawnPane(pane, track)).filter((pane) => pane !== undefined)
  const title = `${name} ${panes.map(contents).join(', ')}`.trim()
  return document(size, { title, description: description(panes, track) }, [
    ...svgPanes(panes, track, size),
    // Whose prices these are, beside what is drawn of them.
    element('text', { x: size.width - 84, y: 22, 'text-anchor': 'end' }, name),
  ])
}

const contents = ({ kind, lines }: Drawn): string =>
  [...(kind === 'candles' ? ['candles'] : []), ...lines.map(({ name }) => name)].join(', ')

function description(panes: readonly Drawn[], { times, merged, missing }: Track): string {
  const [first, last] = [minuteText(times[0]!), minuteText(times.at(-1)!)]
  const ranges = panes.map((pane) => `${contents(pane)} from ${pane.scale.low} to ${pane.scale.high}`)
  const merging = merged > 1 ? `, ${merged} merged per column` : ''
  return `${times.length} bars${merging}${missing > 0 ? `, ${missing} missing` : ''}, ${first} to ${last}; ${ranges.join('; ')}`
}
