//go:build !windows

package main

const exampleGlob = "/var/log/ollama/*.log"
