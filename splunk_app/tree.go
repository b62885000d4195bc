// Package splunkapp holds those files of the Splunk add-on that programs read:
// its configuration and its lookups. The rest of the add-on lies beside them and
// is put together by packaging.
package splunkapp

import "embed"

// Tree is default and lookups as they stand in the repository, the version not
// yet filled in.
//
//go:embed default lookups
var Tree embed.FS
