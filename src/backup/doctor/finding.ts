// What the doctor says about one thing.

export interface Finding {
  readonly check: string
  /** `skipped`: could not be looked at, and why; never taken for well. */
  readonly state: 'ok' | 'warning' | 'problem' | 'skipped'
  readonly detail: string
  readonly try: string | null
}

const finding =
  (state: Finding['state']) =>
  (check: string, detail: string, what: string | null = null): Finding => ({ check, state, detail, try: what })

export const ok = finding('ok')
export const warning = finding('warning')
export const problem = finding('problem')
export const skipped = finding('skipped')
