// The tables, and what they come to.
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Tier } from '../flags.ts'
import { median } from '../measure.ts'
import type { Memory } from './memory.ts'
import { arxdb, arxdbCanonical, BARE, CONNECTIONS, PARALLEL_COPY, type Prepared, PSQL } from './rivals.ts'

export interface Measured {
  readonly tier: Tier
  readonly prepared: Prepared
  /** Milliseconds of each rival. */
  readonly times: ReadonlyMap<string, readonly number[]>
  /** Of the tier's largest input only. */
  readonly memory: Memory | string | undefined
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const seconds = (ms: number): string => (ms / 1000).toFixed(2)
const ratioText = (value: number): string => `${value.toFixed(2)}x`
const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

export function printTable({ tier, prepared, times }: Measured): void {
  const { input, rows } = prepared
  const width = Math.max(...[...times.keys()].map((name) => name.length))
  const line = (name: string, ...cells: readonly string[]): void =>
    console.log(`  ${name.padEnd(width)}${cells.map((cell, i) => cell.padStart([9, 15, 11, 9][i]!)).join('')}`)
  const floor = median(times.get(PSQL)!)
  console.log(
    `\n${tier}, ${input.name}: ${whole(rows)} rows, ${basename(input.file)}, ${mega(statSync(input.file).size)}`,
  )
  line('', 'seconds', 'least-most', 'rows/s', 'of psql')
  for (const [name, all] of times) {
    const ms = median(all)
    const range = `${seconds(Math.min(...all))}-${seconds(Math.max(...all))}`
    line(name, seconds(ms), range, whole((rows / ms) * 1000), ratioText(floor / ms))
  }
  if (!times.has(PARALLEL_COPY)) console.log('  timescaledb-parallel-copy: not run (TPC_BIN is not set)')
  console.log('  bare is without checks, hash and ledger')
}

const MOST_COST = 15
const LEAST_OF_CANONICAL = 0.8
const MOST_MEGABYTES = 250

interface Bound {
  readonly text: string
  readonly met: boolean
}

const claim = (about: string, figure: string, bound?: Bound): void =>
  console.log(`  ${about}: ${figure}${bound ? `  (${bound.text}: ${bound.met ? 'met' : 'MISSED'})` : ''}`)

/** What the measurements say of what arxdb claims. */
export function printClaims(all: readonly Measured[]): void {
  console.log('\nclaims, by medians')
  for (const measured of all) claimsOf(measured)
}

function claimsOf({ tier, prepared, times, memory }: Measured): void {
  const of = (name: string): number => median(times.get(name)!)
  const about = `${tier}, ${prepared.input.name}`
  const two = of(arxdb(2))
  for (const jobs of CONNECTIONS) claim(`${about}: ${arxdb(jobs)}, of psql`, ratioText(of(PSQL) / of(arxdb(jobs))))
  if (times.has(PARALLEL_COPY)) claim(`${about}: ${arxdb(2)}, of ${PARALLEL_COPY}`, ratioText(of(PARALLEL_COPY) / two))
  if (prepared.canonical !== undefined)
    for (const jobs of CONNECTIONS) {
      const ratio = of(arxdbCanonical(jobs)) / of(arxdb(jobs))
      const bound = { text: `at least ${LEAST_OF_CANONICAL}x`, met: ratio >= LEAST_OF_CANONICAL }
      claim(`${about}: ${arxdb(jobs)}, of the same rows as canonical`, ratioText(ratio), bound)
    }
  const cost = (two / of(BARE) - 1) * 100
  claim(`${about}: cost of checks, hash and ledger`, `${cost.toFixed(1)} %`, {
    text: `less than ${MOST_COST} %`,
    met: cost < MOST_COST,
  })
  if (memory !== undefined) claimMemory(about, memory)
}

function claimMemory(about: string, memory: Memory | string): void {
  const what = `${about}: peak memory of bin/arxdb.js, 2 connections`
  if (typeof memory === 'string') {
    claim(what, `not run (${memory})`)
    return
  }
  const { megabytes, seconds: took, stale } = memory
  const figure = `${megabytes.toFixed(0)} MB, in ${took.toFixed(1)} s${stale ? ', of a dist older than src' : ''}`
  claim(what, figure, { text: `less than ${MOST_MEGABYTES} MB`, met: megabytes < MOST_MEGABYTES })
}
