# Sourced by scripts/wine-test and scripts/wine-run: a Wine of our own, made once and kept.
# shellcheck shell=bash
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

wine_home=${XDG_CACHE_HOME:-$HOME/.cache}/authkit-desktop/wine
export WINEPREFIX=$wine_home/prefix WINEARCH=win64 WINEDEBUG=-all AUTHKIT_WINE=1
# No .NET, no HTML engine and no entries in the Linux menus: they would ask to be downloaded, or touch the person's desktop.
export WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=d'
unset DISPLAY WAYLAND_DISPLAY

# prepare_wine installs Wine if it is missing, and makes the prefix (C: drive and registry) once. The prefix is made under
# another name and moved, so that one whose making was interrupted is not taken for a whole one.
prepare_wine() {
	"$root/scripts/setup" wine
	mkdir -p "$wine_home"
	exec 9>"$wine_home/lock"
	flock 9 # one prefix, one run: the registry is shared, and the end of one run stops every process in it
	[ ! -d "$WINEPREFIX" ] || return 0
	say "Preparing Wine (once)"
	local new=$wine_home/new
	rm -rf "$new"
	WINEPREFIX=$new wine wineboot -i >"$wine_home/boot.log" 2>&1 </dev/null 9>&- || die "Wine could not be prepared: see $wine_home/boot.log"
	WINEPREFIX=$new timeout 120 "$(wineserver_path)" -w
	(cd "$root" && go run ./tools/wine/prng >"$new/drive_c/windows/system32/bcryptprimitives.dll")
	mv "$new" "$WINEPREFIX"
}

# end_wine stops the processes of this prefix, and no other's, and waits until they are gone.
end_wine() {
	"$(wineserver_path)" -k || true
	"$(wineserver_path)" -w
}

# Debian keeps wineserver off the PATH.
wineserver_path() { command -v wineserver /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver | head -n 1; }
