#!/bin/sh
# After installing or upgrading, for dpkg ("configure", old version) and rpm (1 or 2).
set -e

if ! getent group ollama-hec >/dev/null; then
	groupadd --system ollama-hec
fi
if ! getent passwd ollama-hec >/dev/null; then
	useradd --system --gid ollama-hec --home-dir /var/lib/ollama-hec --no-create-home \
		--shell /usr/sbin/nologin --comment "ollama-hec" ollama-hec
fi
# These groups may read the journal and /var/log.
for group in systemd-journal adm; do
	if getent group "$group" >/dev/null; then
		usermod --append --groups "$group" ollama-hec
	fi
done

# Create an empty token file, with the mode that a token needs.
if [ ! -e /etc/ollama-hec/token ]; then
	(umask 077 && : >/etc/ollama-hec/token)
	chown root:ollama-hec /etc/ollama-hec/token
	chmod 0640 /etc/ollama-hec/token
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
	systemctl try-restart ollama-hec.service || true
fi

if [ ! -s /etc/ollama-hec/token ]; then
	cat <<-'END'
	ollama-hec is installed. To start it:
	  1. set OLLAMA_HEC_URL in /etc/ollama-hec/ollama-hec.env
	  2. write the HEC token into /etc/ollama-hec/token
	  3. ollama-hec check --service
	  4. systemctl enable --now ollama-hec
	END
fi
