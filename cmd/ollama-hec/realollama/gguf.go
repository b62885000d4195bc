package realollama

import (
	"encoding/binary"
	"fmt"
	"math"
)

// gguf is a GGUF file (version 3) that is being built: keys, then tensors of float32.
type gguf struct {
	keys, infos, data []byte
	nKeys, nTensors   uint64
}

// The numbers of the types in the format.
const (
	ggufUint32  = 4
	ggufInt32   = 5
	ggufFloat32 = 6
	ggufString  = 8
	ggufArray   = 9

	tensorFloat32 = 0
	ggufAlignment = 32 // of tensors, unless a key says otherwise
)

var le = binary.LittleEndian

// set adds a key. The format has further types, which no model here needs.
func (g *gguf) set(key string, value any) {
	g.nKeys++
	g.keys = appendText(g.keys, key)
	switch v := value.(type) {
	case uint32:
		g.keys = le.AppendUint32(g.typed(ggufUint32), v)
	case float32:
		g.keys = le.AppendUint32(g.typed(ggufFloat32), math.Float32bits(v))
	case string:
		g.keys = appendText(g.typed(ggufString), v)
	case []string:
		g.keys = g.array(ggufString, len(v))
		for _, text := range v {
			g.keys = appendText(g.keys, text)
		}
	case []float32:
		g.keys = appendFloats(g.array(ggufFloat32, len(v)), v)
	case []int32:
		g.keys = g.array(ggufInt32, len(v))
		for _, n := range v {
			g.keys = le.AppendUint32(g.keys, uint32(n))
		}
	default:
		panic(fmt.Sprintf("gguf: %s is a %T", key, value))
	}
}

func (g *gguf) typed(kind uint32) []byte { return le.AppendUint32(g.keys, kind) }

func (g *gguf) array(kind uint32, n int) []byte {
	return le.AppendUint64(le.AppendUint32(g.typed(ggufArray), kind), uint64(n))
}

// tensor adds a tensor; the first number of its shape is the length of a row.
func (g *gguf) tensor(name string, weights []float32, shape ...int) {
	g.nTensors++
	g.infos = appendText(g.infos, name)
	g.infos = le.AppendUint32(g.infos, uint32(len(shape)))
	for _, n := range shape {
		g.infos = le.AppendUint64(g.infos, uint64(n))
	}
	g.infos = le.AppendUint32(g.infos, tensorFloat32)
	g.infos = le.AppendUint64(g.infos, uint64(len(g.data)))
	g.data = align(appendFloats(g.data, weights))
}

// file returns the whole file.
func (g *gguf) file() []byte {
	b := le.AppendUint32([]byte("GGUF"), 3)
	b = le.AppendUint64(b, g.nTensors)
	b = le.AppendUint64(b, g.nKeys)
	b = append(append(b, g.keys...), g.infos...)
	return append(align(b), g.data...)
}

func appendText(b []byte, s string) []byte {
	return append(le.AppendUint64(b, uint64(len(s))), s...)
}

func appendFloats(b []byte, floats []float32) []byte {
	for _, f := range floats {
		b = le.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

func align(b []byte) []byte {
	for len(b)%ggufAlignment != 0 {
		b = append(b, 0)
	}
	return b
}
