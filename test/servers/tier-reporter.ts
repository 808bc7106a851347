// The closing lines of a run: which tiers were tested and which were not, and the count on a line of its own.
import type { Reporter, TestModule } from 'vitest/node'
import { outcomeLines, outcomes } from './tiers.ts'

interface Tally {
  passed: number
  failed: number
  skipped: number
}

function count(modules: readonly TestModule[], unhandled: number): Tally {
  const tally: Tally = { passed: 0, failed: unhandled, skipped: 0 }
  for (const module of modules) {
    const before = tally.failed
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test that was collected and never ran, because the run was cut short, did not pass.
      tally[state === 'pending' ? 'skipped' : state] += 1
    }
    // A file that cannot be loaded, or a hook that fails, has no failed test to show for it.
    if (module.state() === 'failed' && tally.failed === before) tally.failed += 1
  }
  return tally
}

/** Tests that failed once and passed when they were asked again: each is a defect, of the test or of what it tests. */
function repeated(modules: readonly TestModule[]): readonly string[] {
  return modules.flatMap((module) =>
    [...module.children.allTests()]
      .filter((test) => test.result().state === 'passed' && (test.diagnostic()?.retryCount ?? 0) > 0)
      .map((test) => `  ${module.relativeModuleId} > ${test.fullName}`),
  )
}

export default class TierReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const { passed, failed, skipped } = count(modules, errors.length)
    const tiers = outcomeLines(outcomes(), 'ran')
    console.log(['', 'tiers', ...(tiers.length > 0 ? tiers : ['  none was started']), ''].join('\n'))
    const again = repeated(modules)
    if (again.length > 0) console.log(['passed when asked again', ...again, ''].join('\n'))
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  }
}
