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

# Who captures is another user, whose spool the shipper reads by its group.
if ! getent group ollama-hec-capture >/dev/null; then
	groupadd --system ollama-hec-capture
fi
if ! getent passwd ollama-hec-capture >/dev/null; then
	useradd --system --gid ollama-hec-capture --groups ollama-hec --home-dir /var/lib/ollama-hec --no-create-home \
		--shell /usr/sbin/nologin --comment "ollama-hec-capture" ollama-hec-capture
fi
state=/var/lib/ollama-hec
if [ ! -e $state ]; then
	(umask 077 && mkdir $state)
	chown ollama-hec:ollama-hec $state
fi
if [ -d $state ] && [ ! -L $state ]; then
	chmod 0710 $state
	# Made elsewhere and moved: in the state directory its user could put a link in its place.
	if [ ! -e $state/capture ]; then
		new=$(mktemp -d $state-capture.XXXXXX)
		chown ollama-hec-capture:ollama-hec "$new"
		chmod 2770 "$new"
		mv -T "$new" $state/capture || rmdir "$new"
	fi
fi

# Create an empty token file, with the mode that a token needs.
if [ ! -e /etc/ollama-hec/token ]; then
	(umask 077 && : >/etc/ollama-hec/token)
	chown root:ollama-hec /etc/ollama-hec/token
	chmod 0640 /etc/ollama-hec/token
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
	systemctl try-restart ollama-hec.service ollama-hec-capture.service || true
fi

if [ ! -s /etc/ollama-hec/token ]; then
	cat <<-'END'
	ollama-hec is installed. To start it:
	  1. set OLLAMA_HEC_URL in /etc/ollama-hec/ollama-hec.env
	  2. write the HEC token into /etc/ollama-hec/token
	  3. ollama-hec check --service
	  4. systemctl enable --now ollama-hec
	Step by step, Splunk's side too: /usr/share/doc/ollama-hec/GETTING-STARTED.md
	To capture requests and connections, too: systemctl enable --now ollama-hec-capture
	END
fi
