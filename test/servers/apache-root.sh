#!/usr/bin/env bash
# apache-root.sh ROOT: makes a Debian 13 root with PostgreSQL 17, Debian's TimescaleDB (Apache edition) and moto_server,
# which speaks S3, once. Debian's binary packages only. Needs root on Debian; brings mmdebstrap when it is missing. Takes
# about 30 s.
set -euo pipefail
root=${1:?usage: apache-root.sh ROOT}
made() { [ -x "$root/usr/lib/postgresql/17/bin/postgres" ]; }
ready() { made && [ -x "$root/usr/bin/moto_server" ]; }
fail() { echo "$*" >&2; exit 1; }

! ready || exit 0
[ "$(id -u)" = 0 ] || fail "only root can make a Debian root"
command -v apt-get >/dev/null || fail "no apt-get here"
mkdir -p "$(dirname "$root")"
# Two at once: the second waits, and finds the root made.
exec 9>"$root.lock"
flock 9
! ready || exit 0

export DEBIAN_FRONTEND=noninteractive
# moto_server takes requests through flask, and leaves it to its user to bring what lets browsers in.
speaks_s3=(python3-moto python3-flask-cors)

# A root of before: it lacks only the latter, which no database waits for.
if made; then
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  inside() { chroot "$root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C apt-get -q "$@" >&2 9>&-; }
  { inside update && inside install -y --no-install-recommends "${speaks_s3[@]}"; } ||
    echo "moto_server could not be installed: tests of S3 are skipped" >&2
  exit 0
fi

# The address of Debian's own archive, as this machine's apt has it.
archive() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" && !found { print $3; found = 1 }'
}
mirror=$(archive)
if [ -z "$mirror" ] || ! command -v mmdebstrap >/dev/null; then
  apt-get -q update >&2 9>&- || fail "apt-get update failed"
  mirror=$(archive)
fi
[ -n "$mirror" ] || fail "apt knows no Debian archive here"
if ! command -v mmdebstrap >/dev/null; then
  apt-get -q install -y --no-install-recommends mmdebstrap debian-archive-keyring >&2 9>&- ||
    fail "apt-get install mmdebstrap failed"
fi
keyring=
for keyring in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
  [ ! -e "$keyring" ] || break
done

# What a killed run left; nothing is mounted in there, and --one-file-system keeps it so.
rm -rf --one-file-system "$root" "$root.new"
mmdebstrap --quiet --mode=root --variant=apt --keyring="$keyring" \
  --include=postgresql-17,postgresql-17-timescaledb,$(IFS=,; echo "${speaks_s3[*]}") \
  --setup-hook='mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
  trixie "$root.new" "$mirror" >&2 9>&- || fail "mmdebstrap failed"
mv "$root.new" "$root"
