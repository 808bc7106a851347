#!/usr/bin/env bash
# nightly.sh WORK BINDIR TIER ENDPOINT -- ARXDB...: the nightly cycle on a cluster of its own. Base backups into a folder
# and into S3 (when ENDPOINT is not -), WAL archived by arxdb, 200,000 rows between named moments, each moment restored in
# an isolated server; then dumps and copies. Prints one line of JSON for each thing it did, and fails with the first.
set -euo pipefail
work=$1 bindir=$2 tier=$3 endpoint=$4
shift 5
arxdb=("$@")
export ARXDB_PG_BINDIR=$bindir HOME=$work NO_COLOR=1
port=$((20000 + RANDOM % 20000))
url=postgres://postgres@127.0.0.1:$port/market
dir=$work/repo
s3=(--repo s3://nightly/cycle --s3-endpoint "$endpoint" --s3-path-style)

# PostgreSQL does not run as root.
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; else "$@"; fi; }
sql() { "$bindir/psql" -X -q -v ON_ERROR_STOP=1 -At "$@"; }
say() { printf '{"step":"%s"%s}\n' "$1" "${2:+,$2}"; }
one() { tr -d '\n' | sed 's/^\[ *//; s/ *\]$//'; }

mkdir -p "$dir" "$work/staging"
if [ "$(id -u)" = 0 ]; then chown postgres "$work" "$dir" "$work/staging"; fi
as "$bindir/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C -k -N >"$work/initdb.log"
push="'${arxdb[0]}' '${arxdb[1]}' wal push %p"
archive="$push --repo '$dir'"
[ "$endpoint" = - ] || archive="$archive && $push --repo s3://nightly/cycle --s3-endpoint $endpoint --s3-path-style"
cat >>"$work/data/postgresql.conf" <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
max_locks_per_transaction = 256
wal_level = replica
archive_mode = on
archive_command = '${archive//\'/\'\'}'
$([ "$tier" = plain ] || echo "shared_preload_libraries = 'timescaledb'")
CONF
trap 'kill -QUIT "$(head -1 "$work/data/postmaster.pid")" 2>/dev/null || true' EXIT
as "${SHELL:-/bin/bash}" -c "HOME='$work' '$bindir/postgres' -D '$work/data' >'$work/server.log' 2>&1 &"
for _ in $(seq 200); do sql -d "${url%market}postgres" -c 'select 1' >/dev/null 2>&1 && break; sleep 0.1; done
sql -d "${url%market}postgres" -c 'create database market'
"${arxdb[@]}" migrate --url "$url" -q >/dev/null
sql -d "$url" -c 'create table public.ticks (at timestamptz not null, i bigint not null)'
[ "$tier" = plain ] || sql -d "$url" -c "select create_hypertable('public.ticks', 'at')" >/dev/null

run() { "${arxdb[@]}" backup run --url "$url" --staging "$work/staging" -o json "$@" | one; }
archived() { # until the archiver has caught up with the segment that was just closed
  local segment
  segment=$(sql -d "$url" -c "select pg_walfile_name(pg_switch_wal())")
  for _ in $(seq 300); do
    [[ "$(sql -d "$url" -c "select coalesce(last_archived_wal, '') from pg_stat_archiver")" < "$segment" ]] || return 0
    sleep 0.1
  done
  echo "the archiver stands still: $(tail -3 "$work/server.log")" >&2
  return 1
}

# The archive needs a repository to archive into.
say wal-setup "\"settings\":$("${arxdb[@]}" wal setup --repo "$dir" --begin --no-server -o json | tr -d '\n')"
[ "$endpoint" = - ] || "${arxdb[@]}" wal setup "${s3[@]}" --begin --no-server -q >/dev/null
if [ "$(id -u)" = 0 ]; then chown -R postgres "$dir"; fi
say base "\"made\":$(run --repo "$dir" --kind base)"
[ "$endpoint" = - ] || say base-s3 "\"made\":$(run "${s3[@]}" --kind base)"

for moment in 1 2 3 4; do
  sql -d "$url" -c "insert into public.ticks select timestamptz '2026-01-01Z' + i * interval '1 minute', i
    from generate_series(1 + 50000 * ($moment - 1), 50000 * $moment) i"
  sql -d "$url" -c "select pg_create_restore_point('moment-$moment')" >/dev/null
  sleep 0.3
done
archived
# Behind the last moment, so that "exactly" means something.
sql -d "$url" -c "delete from public.ticks"
archived

drill() { "${arxdb[@]}" backup drill --staging "$work/staging" -o json "$@" | one; }
for moment in 1 2 3 4; do
  say pitr "\"moment\":$moment,\"rows\":[$(drill --repo "$dir" --to "name:moment-$moment" --relations)]"
  # Of S3 two moments: the way to a moment is the same, only the WAL comes from elsewhere.
  [ "$endpoint" = - ] || [ $((moment % 2)) = 1 ] || say pitr-s3 "\"moment\":$moment,\"rows\":[$(drill "${s3[@]}" --to "name:moment-$moment" --relations)]"
done
say drill "\"done\":$(drill --repo "$dir")"
[ "$endpoint" = - ] || say drill-s3 "\"done\":$(drill "${s3[@]}")"
sql -d "$url" -c "insert into public.ticks select timestamptz '2026-01-01Z' + i * interval '1 minute', i from generate_series(1, 200000) i"
for kind in dump copy; do
  say "$kind" "\"made\":$(run --repo "$dir" --kind $kind)"
  say "$kind-verify" "\"done\":$("${arxdb[@]}" backup verify --repo "$dir" -o json | one)"
  say "$kind-drill" "\"done\":$(drill --repo "$dir")"
done
say wal-status "\"ranges\":$("${arxdb[@]}" wal status --repo "$dir" --url "$url" -o json | tr -d '\n')"
