// Package splunkapp embeds the files of the Splunk add-on that programs read: its
// configuration and its lookups. Command packaging builds the whole add-on.
package splunkapp

import "embed"

// Tree holds the folders default and lookups as they are in the repository, without the
// version, which packaging fills in.
//
//go:embed default lookups
var Tree embed.FS
