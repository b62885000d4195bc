#!/bin/sh
# After removing. State and settings stay, so that a later installation continues
# where this one stopped; dpkg's purge removes them and the user.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
	rm -rf /var/lib/ollama-hec /etc/ollama-hec
	if getent passwd ollama-hec >/dev/null; then
		userdel ollama-hec || true
	fi
	if getent group ollama-hec >/dev/null; then
		groupdel ollama-hec || true
	fi
fi
