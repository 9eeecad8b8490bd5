# shellcheck shell=bash disable=SC2034
# What ./run, ./test and the scripts share. Sourced, not run.

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then BOLD=$'\e[1m' RED=$'\e[31m' PLAIN=$'\e[0m'; else BOLD='' RED='' PLAIN=''; fi

# say TEXT: one line about what is being done, on stderr with the time.
say() { printf '%s[%(%H:%M:%S)T]%s %s\n' "$BOLD" -1 "$PLAIN" "$*" >&2; }

# die TEXT: one line about what is wrong and what to do, and the end.
die() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}

[ -n "${HOME:-}" ] || die "HOME is not set: set it to your home directory, where the caches are kept"
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/certportal"
# One target directory for every clone: a fresh checkout does not compile the dependencies again.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"
# Cargo takes it from the directory it is called in, and the scripts call it in others than the user's.
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR="$PWD/$CARGO_TARGET_DIR" ;; esac
# Programs of exactly the version this project wants are kept apart from the user's own.
TOOLS="$CACHE/tools"
# Leptos reads it while compiling; without it the server looks for other file names than the site has.
export LEPTOS_OUTPUT_NAME=certportal

have() { command -v "$1" >/dev/null 2>&1; }

# apt_install WHAT PACKAGE...: Debian packages for WHAT, when we are root; otherwise says who has to do it.
apt_install() {
    local what=$1
    shift
    if ! have apt-get; then die "$what is missing: install it with your system's package manager (Debian's packages: $*)"; fi
    if [ "$(id -u)" -ne 0 ]; then die "$what is missing: run 'sudo apt-get install $*', then start again"; fi
    say "Installing $what ($*; about a minute)"
    local log
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        die "apt-get could not install $what: $* (the whole log: $log)"
    fi
    rm -f "$log"
}

# ---------------------------------------------------------------------------------------------------------------------------- PostgreSQL

# The oldest major version the migrations run on.
OLDEST_POSTGRES=15

# postgres_major DIR: the major version of the server programs in DIR; 0 when there are none.
postgres_major() {
    if [ -x "$1/initdb" ] && [[ $("$1/postgres" --version 2>/dev/null) =~ \)\ ([0-9]+) ]]; then echo "${BASH_REMATCH[1]}"; else echo 0; fi
}

# Directory of the newest PostgreSQL server programs; fails when there are none.
postgres_bin_dir() {
    local dir major newest='' newest_major=0
    for dir in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        "$(dirname "$(readlink -f "$(command -v initdb 2>/dev/null || echo /nowhere)")")"; do
        major=$(postgres_major "$dir")
        if [ "$major" -gt "$newest_major" ]; then newest=$dir newest_major=$major; fi
    done
    [ -n "$newest" ] && printf '%s\n' "$newest"
}

# Before anything is built: an older one would fail at the first migration.
need_postgres() {
    local dir major
    postgres_bin_dir >/dev/null || apt_install "PostgreSQL (its server programs)" postgresql
    dir=$(postgres_bin_dir) || die "PostgreSQL's server programs were not found although they are installed: put initdb and postgres on the PATH"
    major=$(postgres_major "$dir")
    if [ "$major" -lt "$OLDEST_POSTGRES" ]; then
        die "PostgreSQL $OLDEST_POSTGRES or newer is needed and $major is installed ($dir): https://www.postgresql.org/download has newer ones"
    fi
}

# PostgreSQL refuses root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        local user=postgres
        id -u postgres >/dev/null 2>&1 || user=nobody
        (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@")
    else
        "$@"
    fi
}

# cluster_start DIR: a scratch cluster that waits for no disk, on a unix socket in DIR; starts it when it does not run. DIR must be short and below
# a directory everybody may enter (see scratch_dir).
cluster_start() {
    local dir=$1 bin
    bin=$(postgres_bin_dir)
    if as_postgres "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; then return; fi
    mkdir -p "$dir"
    if [ "$(id -u)" -eq 0 ]; then chown "$(as_postgres id -u)" "$dir"; fi
    chmod 700 "$dir"
    if [ ! -f "$dir/data/PG_VERSION" ]; then
        as_postgres "$bin/initdb" -D "$dir/data" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth=trust --no-sync \
            --data-checksums >"$dir.log" 2>&1 || { cat "$dir.log" >&2 && die "initdb failed"; }
        rm -f "$dir.log"
    fi
    as_postgres "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -o "-c listen_addresses= -c unix_socket_directories=$dir \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=192MB -c max_connections=300 \
        -c shared_buffers=64MB -c jit=off -c TimeZone=UTC" \
        start >/dev/null || die "the scratch PostgreSQL did not start: see $dir/log"
}

# cluster_stop DIR: stops it without ceremony and removes it.
cluster_stop() {
    local dir=$1
    as_postgres "$(postgres_bin_dir)/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}

# scratch_dir NAME: a new directory for what a run throws away, in memory where there is room: a cluster that makes and drops a database for
# every test spends half its time in the file system otherwise.
scratch_dir() {
    local parent=/tmp
    if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 3000000 ]; then parent=/dev/shm; fi
    mktemp -d "$parent/$1.XXXXXX"
}

# cluster_url DIR ROLE DATABASE
cluster_url() { printf 'postgres://%s@localhost/%s?host=%s\n' "$2" "$3" "${1//\//%2F}"; }

# cluster_sql DIR DATABASE ROLE [psql argument...]
cluster_sql() {
    local dir=$1 database=$2 role=$3
    shift 3
    PGOPTIONS='--client-min-messages=warning' "$(postgres_bin_dir)/psql" -X -q -At -v ON_ERROR_STOP=1 -h "$dir" -U "$role" -d "$database" "$@"
}

# cluster_database DIR NAME: a fresh database NAME with every migration, owned by the portal's role as in production.
cluster_database() {
    local dir=$1 name=$2 file
    cluster_sql "$dir" postgres postgres -c "DROP DATABASE IF EXISTS $name WITH (FORCE)"
    if [ -z "$(cluster_sql "$dir" postgres postgres -c "SELECT 1 FROM pg_roles WHERE rolname = 'certportal'")" ]; then
        cluster_sql "$dir" postgres postgres -c 'CREATE ROLE certportal LOGIN'
    fi
    cluster_sql "$dir" postgres postgres -c "CREATE DATABASE $name OWNER certportal"
    # Only a superuser may install this extension; the embedded cluster does the same.
    cluster_sql "$dir" "$name" postgres -c 'CREATE EXTENSION cube' -c 'CREATE EXTENSION earthdistance'
    for file in "$ROOT"/migrations/*.sql; do
        [ -e "$file" ] || continue
        cluster_sql "$dir" "$name" certportal --single-transaction -f "$file" || die "the migration ${file##*/} failed"
    done
}

# ---------------------------------------------------------------------------------------------------------------------- compiled SQL queries

# Prints what differs between .sqlx and the freshly described queries in $1; fails when anything does.
queries_differ() {
    mkdir -p "$ROOT/.sqlx"
    diff -rq "$ROOT/.sqlx" "$1" | sed "s|$1|(fresh)|; s|$ROOT/||"
}
