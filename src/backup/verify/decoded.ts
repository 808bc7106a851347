// Level 2: decoded in full, by the tool that will restore it.
import { rm } from 'node:fs/promises'
import type { Env } from '../../programs/run.ts'
import { step as stepped } from '../../steps.ts'
import { hostFailure, isOfHost } from '../host-failure.ts'
import type { Manifest } from '../manifest.ts'
import { methodOf } from '../methods/registry.ts'
import { readObject } from '../objects.ts'
import { programsOf } from '../programs.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { runFolder } from '../staging.ts'

export interface Decoding {
  readonly repository: Repository
  readonly key: Key | undefined
  readonly settings: BackupSettings
  readonly env: Env
  readonly signal: AbortSignal
  /** Bytes pass whatever their SHA-256 is: what the decoder finds by itself is the question. */
  readonly unchecked: boolean
}

/** Problems that the method's own decoder finds, or its look at what is there. Throws when a program is missing (exit 5). */
export async function decodeAll(
  manifest: Manifest,
  { repository, key, settings, env, signal, unchecked }: Decoding,
  step: 'decode' | 'present' = 'decode',
): Promise<readonly string[]> {
  const method = await methodOf(manifest.kind)
  const staging = await runFolder(settings.staging, 'verify')
  stepped('decoding', manifest.label)
  try {
    const found = await method[step]?.({
      ...{ manifest, staging, signal, env },
      read: (object) => readObject(repository, manifest.label, object, key, { unchecked, signal }),
      programs: programsOf(manifest.server.major, settings.bindir, env),
    })
    return found ?? []
  } catch (error) {
    throw isOfHost(error) ? hostFailure(error, `${manifest.label} cannot be decoded`, settings.staging) : error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
