// Package proxies has tests of what stands between a shipper and Splunk: the
// built program behind real nginx, HAProxy, Caddy and tinyproxy, each with a
// configuration of its own on loopback, in front of the embedded receiver.
//
// A program that is not installed is skipped, with the reason. Timings of front
// ends that take minutes, such as connections that age, are beyond it.
package proxies
