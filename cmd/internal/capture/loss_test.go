package capture

import (
	"reflect"
	"testing"

	"ollama-hec/input/wire"
)

// The figures of several sockets are those of all of them, none left out.
func TestFiguresOfSeveralSockets(t *testing.T) {
	var one wire.Stats
	fields := reflect.ValueOf(&one).Elem()
	for i := range fields.NumField() {
		if f := fields.Field(i); f.CanInt() {
			f.SetInt(int64(i + 1))
		} else {
			f.SetUint(uint64(i + 1))
		}
	}
	all := reflect.ValueOf(sum(sum(wire.Stats{}, one), one))
	for i := range all.NumField() {
		got, twice := all.Field(i), uint64(2*(i+1))
		if got.CanInt() && uint64(got.Int()) != twice || got.CanUint() && got.Uint() != twice {
			t.Errorf("%s is %v, want %d", all.Type().Field(i).Name, got, twice)
		}
	}
}
