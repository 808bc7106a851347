// Loaded into arxdb's own process by NODE_OPTIONS before anything else. It counts the steps that src/steps.ts tells and
// does at one of them what it was asked to; and it can set the clock of the process wrong, then or from the beginning.
//
//   ARXDB_FAULT_LOG=FILE     a line for each step: its number, then its name
//   ARXDB_FAULT_AT=N|NAME    the Nth step of all, or the first whose text begins so; NAME#N for the Nth of those
//   ARXDB_FAULT_DO=kill      SIGKILL to itself, at once; the default
//                  stop      stands still until it is killed or continued
//                  interrupt SIGINT to itself, as Ctrl-C is
//                  clock     sets the clock off by ARXDB_FAULT_CLOCK from there on
//   ARXDB_FAULT_SIGN=FILE    written just before, with the process id and the step
//   ARXDB_FAULT_CLOCK=MS     unless ARXDB_FAULT_DO=clock: the clock is off by so much from the beginning
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync, writeFileSync } from 'node:fs'

const { ARXDB_FAULT_LOG: log, ARXDB_FAULT_AT: at, ARXDB_FAULT_DO: what = 'kill' } = process.env
const { ARXDB_FAULT_SIGN: sign, ARXDB_FAULT_CLOCK: clock } = process.env

const RealDate = Date
function setClock(off) {
  globalThis.Date = class ShiftedDate extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(RealDate.now() + off)
      else super(...args)
    }
    static now() {
      return RealDate.now() + off
    }
  }
}
if (clock && what !== 'clock') setClock(Number(clock))

const [, name, nth = '1'] = /^(.*?)(?:#(\d+))?$/.exec(at ?? '')
const number = /^\d+$/.test(name) ? Number(name) : undefined
let steps = 0
let named = 0
let done = false

function strike(/** @type {string} */ step) {
  done = true
  if (what === 'clock') setClock(Number(clock))
  else {
    if (sign) writeFileSync(sign, `${process.pid} ${step}\n`)
    process.kill(process.pid, { stop: 'SIGSTOP', interrupt: 'SIGINT' }[what] ?? 'SIGKILL')
  }
}

subscribe('arxdb:step', (step) => {
  steps++
  if (log) appendFileSync(log, `${steps} ${step}\n`)
  if (!at || done) return
  if (number === undefined ? step.startsWith(name) && ++named === Number(nth) : steps === number) strike(step)
})
