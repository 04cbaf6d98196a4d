#!/bin/sh
# install.sh [PREFIX]              installs {{.Name}} for whoever runs it; for all users with root
# install.sh --uninstall [PREFIX]  removes it again
# PREFIX is ~/.local, or /usr/local for root. No file of the person's own is touched.
set -eu
cd "$(dirname "$0")"

uninstall=
if [ "${1:-}" = --uninstall ]; then uninstall=yes && shift; fi
if [ "$(id -u)" = 0 ]; then prefix=${1:-/usr/local}; else prefix=${1:-$HOME/.local}; fi
case $prefix in
/*) ;;
*) echo "The folder $prefix has to be an absolute path." >&2 && exit 1 ;;
esac
case $prefix in
*[!A-Za-z0-9/._+@,=:-]*) echo "The folder $prefix cannot be used: not every desktop starts a program whose path has other characters than letters, digits and /._+@,=:-" >&2 && exit 1 ;;
esac

find bin share -type f | while read -r file; do
	rm -f "$prefix/$file"
	if [ -n "$uninstall" ]; then
		rmdir -p --ignore-fail-on-non-empty "$(dirname "$prefix/$file")" 2>/dev/null || true
	else
		mkdir -p "$(dirname "$prefix/$file")"
		cp "$file" "$prefix/$file"
	fi
done

entries=$prefix/share/applications
if [ -z "$uninstall" ]; then
	sed -i "s|/usr/bin/|$prefix/bin/|" "$entries/{{.ID}}.desktop"
fi
if [ -d "$entries" ] && command -v update-desktop-database >/dev/null; then
	update-desktop-database -q "$entries"
	# The list of an empty folder is nobody's.
	[ "$(ls "$entries")" != mimeinfo.cache ] || { rm "$entries/mimeinfo.cache" && rmdir "$entries"; }
fi
if [ -e "$prefix/share/icons/hicolor/icon-theme.cache" ] && command -v gtk-update-icon-cache >/dev/null; then
	gtk-update-icon-cache -q -t -f "$prefix/share/icons/hicolor"
fi
if [ -z "$uninstall" ]; then
	echo "{{.Name}} is installed in $prefix. To remove it: $PWD/install.sh --uninstall $prefix"
fi
