// A file system of a few megabytes, so that "no space left" comes from the kernel.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk {
  readonly folder: string
  /** Leaves no more than this many kilobytes free. */
  fill(leavingKb?: number): void
  /** Takes away what `fill` put there. */
  free(): void
  end(): void
}

/** Why there can be none here; undefined when there can. */
export function noSmallDisk(): string | undefined {
  try {
    smallDisk(1).end()
    return undefined
  } catch (error) {
    return `a file system of limited size cannot be mounted here: ${String((error as Error).message).split('\n')[0]}`
  }
}

export function smallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync('/tmp/arxdb-small-')
  const ballast = join(folder, 'ballast')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  const freeKb = () => Number(execFileSync('df', ['--output=avail', '-k', folder]).toString().split('\n')[1])
  return {
    folder,
    fill(leavingKb = 0) {
      rmSync(ballast, { force: true })
      writeFileSync(ballast, Buffer.alloc(Math.max(0, freeKb() - leavingKb) * 1024, 1))
    },
    free: () => rmSync(ballast, { force: true }),
    end() {
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
