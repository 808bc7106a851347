// Who owns what, and who may do what with it: apart from all else, because a server may not know the roles.
import { identifier, literal } from '../../../db/identifier.ts'

interface Grant {
  /** Null: everybody. */
  readonly grantee: string | null
  readonly privilege: string
  readonly grantable: boolean
}

export interface OwnerRow {
  readonly kind: string
  readonly identity: string
  readonly owner: string
  readonly column_name: string | null
  readonly grants: readonly Grant[] | null
}

export interface RoleStatement {
  readonly sql: string
  /** All of them have to be there. */
  readonly roles: readonly string[]
}

const role = (name: string | null): string => (name === null ? 'public' : identifier(name))
/** GRANT knows tables where ALTER knows views. */
const grantKind = (kind: string): string => (kind === 'column' || kind.endsWith('view') ? 'table' : kind)

/** First that it belongs to its owner, then its grants from nothing on, in their order. */
export function roleStatements(row: OwnerRow): readonly RoleStatement[] {
  const on = `on ${grantKind(row.kind)} ${row.identity}`
  const owner =
    row.kind === 'column'
      ? []
      : [{ sql: `alter ${row.kind} ${row.identity} owner to ${identifier(row.owner)}`, roles: [row.owner] }]
  if (row.grants === null) return owner
  const column = row.column_name === null ? '' : ` (${identifier(row.column_name)})`
  const nobody = column
    ? []
    : [
        { sql: `revoke all ${on} from public`, roles: [] },
        { sql: `revoke all ${on} from ${identifier(row.owner)}`, roles: [row.owner] },
      ]
  const grants = row.grants.map(({ grantee, privilege, grantable }) => ({
    sql: `grant ${privilege.toLowerCase()}${column} ${on} to ${role(grantee)}${grantable ? ' with grant option' : ''}`,
    roles: grantee === null ? [] : [grantee],
  }))
  return [...owner, ...nobody, ...grants]
}

export interface CommentRow {
  readonly kind: string
  readonly identity: string
  readonly comment: string
}

export const commentSql = ({ kind, identity, comment }: CommentRow): string =>
  `comment on ${kind} ${identity} is ${literal(comment)}`
