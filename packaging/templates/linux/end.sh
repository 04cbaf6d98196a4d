#!/bin/sh
# Before the files go. On an upgrade the running app goes on, with its session; on a removal it is asked to end, as on a
# logout, for a program without its files cannot be started for the next link.
set -e
case "$1" in remove | 0) ;; *) exit 0 ;; esac
for program in /proc/[0-9]*/exe; do
	case "$(readlink "$program")" in
	"/usr/bin/{{.Package}}" | "/usr/bin/{{.Package}} (deleted)") ;; # the second is from before an upgrade
	*) continue ;;
	esac
	process=${program#/proc/}
	kill "${process%/exe}" || true # it may have ended by itself
done
