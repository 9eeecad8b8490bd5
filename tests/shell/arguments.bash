#!/usr/bin/env bash
# What ./run, ./test and the scripts answer when they are called wrongly: one line, at once, nothing built.
set -uo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
bad=0

# refuses NAME EXPECTED COMMAND...: it must fail with one line on stderr that contains EXPECTED.
refuses() {
    local name=$1 expected=$2 output status=0
    shift 2
    output=$(timeout 20 "$@" 2>&1) || status=$?
    if [ "$status" -ne 0 ] && [ "$status" -ne 124 ] && [ "$(wc -l <<<"$output")" -eq 1 ] && [[ $output == *"$expected"* ]]; then
        echo "ok $name"
    else
        echo "not ok $name (status $status): $output"
        bad=1
    fi
}

refuses "run: an unknown option" "unknown option '--frob'" "$root/run" --frob
refuses "run: a port without a number" "--port needs a value" "$root/run" --port
refuses "run: a port that is no number" "'http' is not a port" "$root/run" --port http
refuses "run: a port beyond the last" "'65536' is not a port" "$root/run" --port=65536
refuses "run: a data directory that is a file" "is not a directory" "$root/run" --data "$root/Cargo.toml"
refuses "run: no home directory" "HOME is not set" env -u HOME "$root/run" --help
refuses "test: an unknown suite" "no suite 'frob'" "$root/test" frob
refuses "prepare-queries: an unknown option" "unknown option '--frob'" "$root/scripts/prepare-queries" --frob
refuses "dev-db: an unknown command" "unknown command 'frob'" "$root/scripts/dev-db" frob
refuses "audit: an unknown option" "unknown option '--frob'" "$root/scripts/audit" --frob
refuses "audit: no directory" "--sbom needs a value" "$root/scripts/audit" --sbom
refuses "measure: an unknown measurement" "no measurement 'frob'" "$root/benches/measure" frob

# A port that somebody listens on.
exec 4< <(exec node -e '
    const server = require("net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));
    setTimeout(() => process.exit(), 20000);
')
listener=$!
read -r port <&4
refuses "run: a busy port" "port $port is in use" "$root/run" --port "$port"
kill "$listener" 2>/dev/null

# Programs that are missing, and nobody who may install them.
empty=$(mktemp -d)
mkdir "$empty/bin"
for program in bash dirname awk sed tr cut sort head printf mkdir; do ln -s "$(command -v "$program")" "$empty/bin/$program"; done
refuses "run: no Rust" "Rust is missing: install it with rustup" env -i HOME="$empty" PATH="$empty/bin" "$root/run" --port 1

# npm that fails says why: in its own words, before ours.
printf '#!/bin/sh\necho "npm error code SELF_SIGNED_CERT_IN_CHAIN" >&2\nexit 1\n' >"$empty/bin/npm"
chmod +x "$empty/bin/npm"
# shellcheck disable=SC2016
output=$(PATH="$empty/bin:$PATH" bash -c 'source "$1/scripts/lib.bash"; source "$1/scripts/build.bash"; TOOLS=$2 need_npm_tools' - "$root" "$empty" 2>&1)
if [[ $output == *SELF_SIGNED_CERT_IN_CHAIN*"npm could not install wasm-opt"* ]]; then
    echo "ok build: npm's reason is told"
else
    echo "not ok build: npm's reason is told: $output"
    bad=1
fi

# A browser that does not come with its package is asked for once.
# shellcheck disable=SC2016
refuses "e2e: no Chromium" "no Chromium was found" env -u CHROMIUM PATH="$empty/bin" "$BASH" -c '
    set -euo pipefail; source "$1/scripts/lib.bash"; source "$1/scripts/e2e.bash"; apt_install() { :; }; e2e_browser' - "$root"

# The newest PostgreSQL counts, wherever it lies, and one that is too old is told before anything is built.
mkdir "$empty/postgres"
printf '#!/bin/sh\necho "postgres (PostgreSQL) 999.1 (Debian 999.1-1)"\n' | tee "$empty/postgres/initdb" >"$empty/postgres/postgres"
chmod +x "$empty/postgres/"*
# shellcheck disable=SC2016
refuses "PostgreSQL: too old" "PostgreSQL 1000 or newer is needed and 999 is installed" env PATH="$empty/postgres:$PATH" "$BASH" -c '
    set -euo pipefail; source "$1/scripts/lib.bash"; OLDEST_POSTGRES=1000; need_postgres' - "$root"

# Without a database .sqlx stays as it is.
mkdir -p "$empty/checkout/.sqlx"
cp -r "$root/scripts" "$empty/checkout/"
printf '#!/bin/sh\necho "error: no database today" >&2\nexit 1\n' >"$empty/checkout/scripts/dev-db"
refuses "prepare-queries: no database" "no database today" env DATABASE_URL= "$empty/checkout/scripts/prepare-queries"
if [ ! -d "$empty/checkout/.sqlx" ]; then echo "not ok prepare-queries: .sqlx stays" && bad=1; fi
rm -rf "$empty"
exit "$bad"
