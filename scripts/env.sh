# Sourced by every script: where we are, where our own tools lie, and how we speak.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=$root/.cache
mkdir -p "$cache/bin" "$cache/logs"
# A Go or a Node that scripts/setup had to fetch goes first; see there.
export PATH="$cache/go/bin:$cache/node/node_modules/node-bin/bin:$PATH"
export npm_config_update_notifier=false # it is not for us to say that there is a newer npm

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf '\033[31m%s\033[0m\n' "$*" >&2; exit 1; }

# The folders that hold a Go module, the root first.
modules() { git -C "$root" ls-files --cached --others --exclude-standard 'go.mod' '*/go.mod' | xargs -rn1 dirname; }

# The folders that hold an npm package of ours.
packages() { git -C "$root" ls-files --cached --others --exclude-standard '*/package.json' | grep -E '^(react|example/frontend)/' | xargs -rn1 dirname; }

# npm_ci FOLDER: installs what the folder's lock file pins, unless it is there. npm writes node_modules/.package-lock.json
# last: it is the stamp.
npm_ci() {
	[ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return
	say "npm ci in $1"
	npm ci --prefix "$1" --no-audit --no-fund --loglevel=error >&2
	touch "$1/node_modules/.package-lock.json"
}

# tool NAME ARGS: a pinned Go program. It is built once per version and kept, because golangci-lint alone takes over a
# minute to compile. Each program with a large family of its own has its own module file, so that pins do not mix.
tool() {
	local name=$1 mod=tools/tools.mod; shift
	[ -e "$root/tools/$name.mod" ] && mod=tools/$name.mod
	local bin=$cache/bin/$name
	if ! [ "$bin" -nt "$root/$mod" ]; then
		(cd "$root" && GOFLAGS=-buildvcs=false go build -modfile="$mod" -o "$bin" "$(go list -modfile="$mod" tool | grep "/$name\$")") || return
	fi
	"$bin" "$@"
}
