// The areas as a command sees them: loaded when first used, so that --help and completion stay light.

export const services = {
  config: () => import('../config/service.ts'),
  embedded: () => import('../embedded/service.ts'),
  migrate: () => import('../migrate/service.ts'),
  ingest: () => import('../ingest/service.ts'),
  imports: () => import('../ingest/imports.ts'),
  advise: () => import('../policy/advise/advise.ts'),
  policy: () => import('../policy/service.ts'),
  backup: () => import('../backup/service.ts'),
  doctor: () => import('../backup/doctor/service.ts'),
  wal: () => import('../backup/wal/service.ts'),
  adopt: () => import('../policy/adopt/adopt.ts'),
  verify: () => import('../backup/verify/service.ts'),
  prune: () => import('../backup/prune/service.ts'),
  catalogue: () => import('../backup/shown/service.ts'),
  drill: () => import('../backup/drill/service.ts'),
  restore: () => import('../backup/restore/service.ts'),
  backupsSeen: () => import('../backup/shown/seen.ts'),
  health: () => import('../health/service.ts'),
  slowMemory: () => import('../health/slow-memory.ts'),
  elsewhere: () => import('../health/elsewhere.ts'),
  explain: () => import('../health/explain.ts'),
  schedule: () => import('../backup/schedule/service.ts'),
  statements: () => import('../statements/service.ts'),
  demo: () => import('../demo/service.ts'),
}

export type Services = typeof services
