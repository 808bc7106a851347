// An answer as a drawing for a terminal, as its own chart says.
import type { Result } from '../core/result.ts'
import { drawBars } from './draw-bars.ts'
import { type DrawOptions, drawSeries } from './draw-series.ts'

const LEAST_WIDTH = 10

/**
 * The drawing, at most `width` cells wide (never less than 10) and about `height` lines high, every line ending in a
 * newline; empty where there is nothing to draw. Of several series the first is drawn, see `firstSeries`. Decimals
 * become JavaScript numbers here and nowhere else: a cell is far coarser than their error.
 */
export function drawChart(result: Result<object>, options: DrawOptions): string {
  const { chart } = result
  if (!chart) return ''
  const fitting = { ...options, width: Math.max(LEAST_WIDTH, options.width) }
  return chart.kind === 'bars' ? drawBars(result, chart, fitting) : drawSeries(result, chart, fitting)
}
