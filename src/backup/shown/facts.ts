// Everything known of one backup, as named facts in sections.
import type { Manifest } from '../manifest.ts'
import { LEVELS } from '../proofs.ts'
import type { Shelved } from '../prune/shelf.ts'
import { listed } from './listed.ts'

export interface Fact {
  /** backup, server, object, evidence, proof, restore, warning. */
  readonly section: string
  readonly name: string
  readonly value: string
  readonly bytes: number | null
}

const fact = (section: string, name: string, value: unknown, bytes: number | null = null): Fact => ({
  ...{ section, name, value: String(value), bytes },
})

/** Facts of `one`; `chain` is what restoring it reads, the full backup first. */
export function facts(one: Shelved, chain: readonly Shelved[], now: Date): readonly Fact[] {
  const { manifest } = one.entry
  const row = Object.entries(listed(one, now))
    .filter(([, value]) => value !== null)
    .map(([name, value]) => fact('backup', name, value, name === 'bytes' ? (value as number) : null))
  return [
    ...row,
    ...(manifest ? ofManifest(manifest) : []),
    ...one.foreign.map((key) => fact('warning', 'not of this backup', key)),
    ...one.proofs.map(({ at, level, passed, problems, host, rtoSeconds, rpoSeconds }) =>
      fact(
        'proof',
        at,
        [
          `level ${level} (${LEVELS[level]}) ${passed ? 'passed' : 'failed'} on ${host}`,
          ...(rtoSeconds === undefined ? [] : [`RTO ${rtoSeconds} s`]),
          ...(rpoSeconds === undefined ? [] : [`RPO ${rpoSeconds} s`]),
          ...problems,
        ].join('; '),
      ),
    ),
    ...(manifest ? restoring(manifest, chain) : []),
  ]
}

function ofManifest(manifest: Manifest): readonly Fact[] {
  const { server, mark, evidence } = manifest
  return [
    ...(['started', 'arxdb', 'host'] as const).map((name) => fact('backup', name, manifest[name])),
    ...manifest.tools.map((tool) => fact('backup', 'tool', tool)),
    ...(mark ? [fact('backup', 'mark', `${mark.name} at ${mark.lsn}, ${mark.time}`)] : []),
    ...Object.entries(manifest.method).map(([name, value]) => fact('backup', `method.${name}`, JSON.stringify(value))),
    ...(['version', 'systemId', 'database', 'tier', 'timescaledb', 'checksums'] as const)
      .filter((name) => server[name] !== null)
      .map((name) => fact('server', name === 'systemId' ? 'system_id' : name, server[name])),
    fact('server', 'bytes', server.bytes, server.bytes),
    ...manifest.objects.map(({ name, bytes, sha256, sealed }) =>
      fact('object', name, `sha256 ${sha256}${sealed.length > 0 ? `, ${sealed.join(' then ')}` : ''}`, bytes),
    ),
    ...(evidence
      ? [
          fact('evidence', 'at', `${evidence.at}, ${evidence.exact ? 'exact' : 'not exact'}`),
          ...evidence.remarks.map((text) => fact('evidence', 'remark', text)),
          ...evidence.relations.map(({ schema, name, kind, rows, from, to }) =>
            fact('evidence', `${schema}.${name}`, `${kind}, ${rows} rows${from ? `, ${from} to ${to}` : ''}`),
          ),
        ]
      : [fact('evidence', 'none', 'the backup does not say what it holds')]),
    ...manifest.warnings.map((text) => fact('warning', 'when it was made', text)),
  ]
}

/** What has to be there to restore it. Room is what the server held, for what is unpacked is of that size. */
function restoring(manifest: Manifest, chain: readonly Shelved[]): readonly Fact[] {
  const { kind, server, objects, wal } = manifest
  const read = chain.reduce((sum, { bytes }) => sum + bytes, 0)
  const physical = wal !== null
  const encrypted = objects.some(({ sealed }) => sealed.includes('age'))
  return [
    fact('restore', 'postgresql', physical ? `exactly ${server.major}` : `${server.major} or newer`),
    ...(server.timescaledb === null ? [] : [fact('restore', 'timescaledb', `exactly ${server.timescaledb}`)]),
    fact('restore', 'room', `about ${server.bytes} bytes, as the server held`, server.bytes),
    fact('restore', 'to read', `${read} bytes in ${chain.length} backup${chain.length > 1 ? 's' : ''}`, read),
    ...(chain.length > 1 ? [fact('restore', 'chain', chain.map(({ entry }) => entry.label).join(', '))] : []),
    ...(physical && wal ? [fact('restore', 'wal', `from ${wal.start} on, timeline ${wal.timeline}`)] : []),
    fact('restore', 'key', encrypted ? 'needed: it is encrypted' : 'not needed to read it'),
    fact(
      'restore',
      'command',
      `arxdb restore run ${manifest.label}${kind === 'dump' || kind === 'copy' ? ' --database NEW' : ' --into DIR'}`,
    ),
  ]
}
