# shellcheck shell=bash
# The optimised build, for ./run (all of it) and ./test (the browser's part). Sourced after lib.bash.

# The version in Cargo.lock: the program and the crate speak a private protocol and must be of one version.
locked_version() { awk -v name="name = \"$1\"" '$0 == name { found = 1 } found && /^version/ { gsub(/[^0-9.]/, ""); print; exit }' "$ROOT/Cargo.lock"; }

# cargo_install CRATE VERSION USUAL_DURATION [cargo argument...]: into a directory of its own, and on the PATH.
cargo_install() {
    local crate=$1 version=$2 duration=$3
    local dir="$TOOLS/$crate-$version"
    shift 3
    if [ ! -f "$dir/complete" ]; then
        say "Installing $crate $version (once; $duration)"
        cargo_install_quickly "$dir" "$crate" --version "=$version" "$@" || die "$crate $version could not be installed"
    fi
    PATH="$dir/bin:$PATH"
}

# cargo_install_quickly DIRECTORY ARGUMENT...: in a profile that compiles quickly: the program itself runs for seconds.
cargo_install_quickly() {
    local dir=$1
    shift
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR="$dir/target" \
        cargo install --quiet --root "$dir" "$@" >&2 || return 1
    rm -rf "$dir/target"
    touch "$dir/complete"
}

need_rust() {
    local wanted
    if ! have cargo && [ -f "$HOME/.cargo/env" ]; then
        # shellcheck disable=SC1091
        source "$HOME/.cargo/env"
    fi
    have cargo || die "Rust is missing: install it with rustup (https://rustup.rs), then start again"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")
    if [ "$(printf '%s\n' "$wanted" "$(rustc --version | cut -d' ' -f2)" | sort -V | head -n1)" != "$wanted" ]; then
        die "Rust $wanted or newer is needed and $(rustc --version | cut -d' ' -f2) is installed: run 'rustup update stable', then start again"
    fi
    have cc || apt_install "a C compiler (the linker)" build-essential
}

need_wasm_target() {
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; then
        have rustup || die "Rust's wasm32-unknown-unknown target is missing, and so is rustup: install the target with the package manager Rust came from"
        say "Installing Rust's wasm32 target (15 s)"
        rustup --quiet target add wasm32-unknown-unknown >&2 || die "rustup could not install the wasm32-unknown-unknown target"
    fi
}

# wasm-bindgen for the build: tools/bindgen, kept by what it is made of.
need_bindgen() {
    local dir
    dir="$TOOLS/bindgen-$(cat "$ROOT"/tools/bindgen/Cargo.* "$ROOT"/tools/bindgen/src/*.rs | cksum | cut -d' ' -f1)"
    if [ ! -f "$dir/complete" ]; then
        say "Building wasm-bindgen (once; a minute or two)"
        cargo_install_quickly "$dir" --locked --path "$ROOT/tools/bindgen" || die "tools/bindgen does not compile (see above)"
    fi
    BINDGEN="$dir/bin/certportal-bindgen"
}

# The command-line program, which `cargo leptos` asks for.
need_wasm_bindgen() {
    local version
    version=$(locked_version wasm-bindgen)
    if [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $version" ]; then return; fi
    cargo_install wasm-bindgen-cli "$version" "3 minutes"
}

# What builds the browser files runs on Debian 12's Node.js.
need_node() { need_node_of 18.17 "building the browser files"; }

# need_node_of VERSION WHAT_FOR
need_node_of() {
    if ! have node || ! have npm; then apt_install "Node.js (it runs wasm-opt and Lightning CSS)" nodejs npm; fi
    if [ "$(printf '%s\n' "$1" "$(node -p process.versions.node)" | sort -V | head -n1)" != "$1" ]; then
        die "Node.js $1 or newer is needed for $2 and $(node --version) is installed: https://nodejs.org has newer ones"
    fi
}

# npm_ci [npm argument...]: what the lock file says, quietly; of a failure npm's own words, which name the certificate, proxy or disk.
npm_ci() {
    local said
    said=$(npm ci "$@" --no-audit --no-fund --loglevel=error 2>&1) || { printf '%s\n' "$said" >&2 && return 1; }
}

# wasm-opt and Lightning CSS, of the versions in tools/package-lock.json.
need_npm_tools() {
    need_node
    NPM_TOOLS="$TOOLS/npm-$(cksum <"$ROOT/tools/package-lock.json" | cut -d' ' -f1)"
    if [ ! -f "$NPM_TOOLS/complete" ]; then
        say "Installing wasm-opt and Lightning CSS (once; 5 s)"
        mkdir -p "$NPM_TOOLS"
        cp "$ROOT"/tools/package*.json "$NPM_TOOLS/"
        npm_ci --prefix "$NPM_TOOLS" || die "npm could not install wasm-opt and Lightning CSS (tools/package.json)"
        touch "$NPM_TOOLS/complete"
    fi
    PATH="$NPM_TOOLS/node_modules/.bin:$PATH"
}

# Clones share the target directory, and cargo puts every clone's program under the same name: one builds and copies at a time.
lock_build() {
    mkdir -p "$CARGO_TARGET_DIR"
    have flock || return 0
    exec 9>"$CARGO_TARGET_DIR/certportal.lock"
    if ! flock -n 9; then
        say "Waiting for another build in $CARGO_TARGET_DIR"
        flock 9
    fi
}
unlock_build() { exec 9>&-; }

# build_site DIRECTORY HASH_FILE [--fast]: the browser's program and everything static.
build_site() {
    local site=$1 hash_file=$2 fast=${3:-} bindgen wasm="$CARGO_TARGET_DIR/wasm32-unknown-unknown/wasm-release/certportal.wasm"
    need_wasm_target
    need_bindgen
    need_npm_tools
    say "Compiling the browser's program to WebAssembly (3 minutes at first, then 1)"
    (cd "$ROOT" && cargo build --quiet --locked --lib --profile wasm-release --target wasm32-unknown-unknown --features hydrate) >&2 ||
        die "the browser's program does not compile (see above)"
    say "Making it small: wasm-bindgen, wasm-opt, Lightning CSS, brotli (20 s)"
    bindgen="$CARGO_TARGET_DIR/bindgen-$$"
    "$BINDGEN" "$wasm" "$bindgen" >&2 || die "wasm-bindgen failed"
    # What rustc has emitted for wasm32 since 1.82, spelled out, so that wasm-opt uses nothing newer.
    wasm-opt -Oz --enable-bulk-memory --enable-bulk-memory-opt --enable-call-indirect-overlong --enable-multivalue --enable-mutable-globals \
        --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext \
        "$bindgen/certportal_bg.wasm" -o "$bindgen/small.wasm" >&2 || die "wasm-opt failed"
    mv "$bindgen/small.wasm" "$bindgen/certportal_bg.wasm"
    # Node resolves Lightning CSS from where the script lies.
    cp "$ROOT/tools/site.mjs" "$NPM_TOOLS/site.mjs"
    node "$NPM_TOOLS/site.mjs" "$ROOT" "$bindgen" "$site" "$hash_file" "$fast" >&2 || die "the static files could not be built"
    rm -rf "$bindgen"
    build_style --once || die "the style sheet could not be bundled"
}

# build_style --once | --watch: the one style sheet that `cargo leptos watch` takes.
build_style() {
    cp "$ROOT/tools/style.mjs" "$NPM_TOOLS/style.mjs"
    node "$NPM_TOOLS/style.mjs" "$ROOT" "$ROOT/.site/style/main.css" "$@" >&2
}

# build_inputs [PATH_TO_LEAVE_OUT]: one number for everything the build reads.
build_inputs() {
    local leave_out=() not_found=()
    if [ -n "${1:-}" ]; then leave_out=(":(exclude)$1") not_found=(-not -path "./${1%/}/*"); fi
    {
        rustc --version
        (
            cd "$ROOT" || exit
            # A copy of the source inside another work tree may be ignored there: git would tell of no file at all.
            if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$ROOT" ]; then
                git ls-files -z --cached --others --exclude-standard -- . ':(exclude)tests' ':(exclude)end2end' ':(exclude)docs' ':(exclude)*.md' \
                    ':(exclude).ci' ':(exclude)test' "${leave_out[@]}"
            else
                find . -type f -not -path '*/.*/*' -not -path './target/*' -not -path './data/*' -not -path './tests/*' -not -path './end2end/*' \
                    "${not_found[@]}" -print0
                find .cargo .sqlx -type f -print0 2>/dev/null || true
            fi | sort -z | xargs -0 cksum 2>/dev/null || true
        )
    } | cksum | cut -d' ' -f1
}
