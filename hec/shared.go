package hec

import "time"

// What follows is shared with the client of Splunk Cloud Services (package scs), so that
// both encode and log the same things in the same way.

// AppendString appends s, valid UTF-8, as a JSON string.
func AppendString(dst, s []byte) []byte { return appendString(dst, s) }

// AppendValid appends a JSON string of what may not be valid UTF-8, such as a path.
func AppendValid(dst []byte, s string) []byte { return appendValid(dst, s) }

// PlainError describes an error without parts that change from one time to the next,
// such as local ports.
func PlainError(err error) string { return plainError(err) }

// Excerpt is the beginning of a reply's text, without the token that may be in it.
func Excerpt(text, token string) string { return excerpt(text, token) }

// RetryAfter reads the header of that name. What is absurd is 0.
func RetryAfter(header string, now time.Time) time.Duration { return retryAfter(header, now) }
