# shellcheck shell=bash
# What the journeys (./test e2e) and scripts/screenshots need: Playwright, a Chromium, and a portal to start. Sourced after build.bash.

# For systems without such a package, as Ubuntu.
BROWSER="Chromium (google-chrome or CHROMIUM=/path/of/one does as well)"

# The server is built without optimisation, which compiles in a fraction of the time; the browser's program is the one people get.
e2e_build() {
    local out="$ROOT/.site/test" inputs
    inputs=$(build_inputs)
    if [ -x "$out/bin/certportal" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$inputs" ]; then return; fi
    rm -rf "$out"
    mkdir -p "$out/bin"
    say "Building the portal for the browser's tests (after a change: 1 to 3 minutes)"
    lock_build
    build_site "$out/root" "$out/bin/hash.txt" --fast || exit 1
    (cd "$ROOT" && SQLX_OFFLINE=true cargo build --quiet --locked --features ssr --bin certportal) >&2 || die "the server does not compile (see above)"
    cp "$CARGO_TARGET_DIR/debug/certportal" "$out/bin/certportal"
    unlock_build
    printf '%s' "$inputs" >"$out/stamp"
}

# Fails when there is none.
e2e_find_browser() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && have "$name"; then
            CHROMIUM=$(command -v "$name")
            export CHROMIUM
            return
        fi
    done
    return 1
}

e2e_browser() {
    e2e_find_browser || apt_install "$BROWSER" chromium
    e2e_find_browser || die "no Chromium was found although it is installed: set CHROMIUM to its path"
}

# Playwright asks for 20; what the checks of accessibility bring needs modules that 20.19 can load.
e2e_node() { need_node_of 20.19 "the journeys in the browser"; }

# What end2end/package-lock.json says: Playwright and TypeScript.
e2e_modules() {
    local stamp
    stamp=$(cksum <"$ROOT/end2end/package-lock.json")
    if [ "$(cat "$ROOT/end2end/node_modules/.stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
    say "Installing Playwright (10 s)"
    (cd "$ROOT/end2end" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm_ci) || die "npm could not install end2end/package.json"
    printf '%s' "$stamp" >"$ROOT/end2end/node_modules/.stamp"
}

# e2e_prepare: everything up to the point where `npx playwright test` can run in end2end/.
e2e_prepare() {
    e2e_node
    e2e_browser
    e2e_modules
    # A portal that runs already is taken as it is.
    if [ -n "${E2E_URL:-}" ]; then return; fi
    need_postgres
    e2e_build
    export CERTPORTAL_BIN="$ROOT/.site/test/bin/certportal" LEPTOS_SITE_ROOT="$ROOT/.site/test/root"
}
