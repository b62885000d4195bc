#!/bin/sh
# After removing. State and settings stay, so that a later installation continues
# where this one stopped; dpkg's purge removes them and the user.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
	rm -rf /var/lib/ollama-hec /etc/ollama-hec
	for user in ollama-hec-capture ollama-hec; do
		if getent passwd $user >/dev/null; then
			userdel $user || true
		fi
		if getent group $user >/dev/null; then
			groupdel $user || true
		fi
	done
fi
