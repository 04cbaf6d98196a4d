#!/bin/sh
# After the files have come or gone: the lists that desktops look things up in. Only those that exist already are made anew,
# so that no list is left behind by this package.
set -e
if command -v update-desktop-database >/dev/null && [ -e /usr/share/applications/mimeinfo.cache ]; then
	update-desktop-database -q /usr/share/applications
fi
if command -v gtk-update-icon-cache >/dev/null && [ -e /usr/share/icons/hicolor/icon-theme.cache ]; then
	gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor
fi
