# Sourced by scripts/check and scripts/test: runs named steps, goes on after a failure, and closes with a table of what ran.
# shellcheck shell=bash
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

names=() results=() times=()

# step NAME COMMAND…: one line when it went well, the whole output when not. Status 77 means "could not run here": the
# step's last line says why, and it is listed as such, never counted as passed.
step() {
	local name=$1 log start=$SECONDS status=0 result; shift
	log="$cache/logs/${name//[^A-Za-z0-9.]/-}.log"
	printf '· %s\n' "$name"
	# Not "(…) || status=$?": bash switches -e off inside whatever stands before an "||".
	set +e
	(set -e; "$@") >"$log" 2>&1 </dev/null
	status=$?
	set -e
	case $status in
	0) result="passed  $(grep -h '^DONE ' "$log" | tail -n 1 || true)" ;;
	77) result="not run: $(tail -n 1 "$log")" ;;
	*) result="FAILED  $log"; sed 's/^/    /' "$log" ;;
	esac
	[ "$status" != 0 ] || sed -n '/^=== Skipped/,$p' "$log" # a test that skips says so, and why
	[ "$status" != 77 ] || printf '  %s\n' "$result"
	names+=("$name") results+=("$result") times+=($((SECONDS - start)))
}

# A step that cannot run on this machine ends with this.
unable() { printf '%s\n' "$*"; exit 77; }

# The failed tests once more, below the table: of a long log, often only the end is kept.
failures() {
	local i log
	for i in "${!names[@]}"; do
		log=${results[i]#FAILED  }
		[ "$log" != "${results[i]}" ] || continue
		printf '\n%s failed:\n' "${names[i]}"
		{ sed -n '/^=== Failed/,$p' "$log" | grep . || tail -n 40 "$log"; } | head -n 80 | sed 's/^/    /' || true # head may leave before the end
	done
}

# The closing lines, and the exit status of the whole.
summary() {
	local i passed=0 failed=0 skipped=0
	printf '\n%s\n' "$1"
	for i in "${!names[@]}"; do
		printf '  %-28s %5d s  %s\n' "${names[i]}" "${times[i]}" "${results[i]}"
		case ${results[i]} in passed*) passed=$((passed + 1)) ;; FAILED*) failed=$((failed + 1)) ;; *) skipped=$((skipped + 1)) ;; esac
	done
	failures
	printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
}
