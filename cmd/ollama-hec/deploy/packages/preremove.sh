#!/bin/sh
# Before removing ("remove" for dpkg, 0 for rpm); an upgrade leaves it running.
set -e

case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now ollama-hec-capture.service ollama-hec.service || true
	else
		rm -f /etc/systemd/system/multi-user.target.wants/ollama-hec.service \
			/etc/systemd/system/multi-user.target.wants/ollama-hec-capture.service
	fi
	;;
esac
