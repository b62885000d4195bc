// Package splunkapp holds the files of the Splunk add-on, for those that
// read, check, install or pack them. What is missing here is what only a build
// makes: the modular input's executables, app.manifest and the version.
package splunkapp

import "embed"

// Tree is the add-on as it stands in the repository.
//
//go:embed default lookups
var Tree embed.FS
