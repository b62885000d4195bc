package realollama

import (
	"bytes"
	"fmt"
	"testing"
)

func TestModelIsTheSameForTheSameSeed(t *testing.T) {
	if !bytes.Equal(Model(1), Model(1)) {
		t.Error("two models of seed 1 differ")
	}
	if bytes.Equal(Model(1), Model(2)) {
		t.Error("the models of seeds 1 and 2 are the same")
	}
}

// Read back, the file is what the format says: keys, then tensors that lie
// aligned one after the other up to the end.
func TestModelIsAGGUFFile(t *testing.T) {
	r := &reader{b: Model(1), t: t}
	if magic := string(r.take(4)); magic != "GGUF" {
		t.Fatalf("magic %q", magic)
	}
	if v := r.u32(); v != 3 {
		t.Fatalf("version %d", v)
	}
	tensors, keys := r.u64(), r.u64()
	values := map[string]any{}
	for range keys {
		key := r.text()
		if _, twice := values[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		values[key] = r.value(r.u32())
	}
	n := len(values["tokenizer.ggml.tokens"].([]any))
	for key, want := range map[string]any{"general.architecture": "llama", "llama.block_count": uint32(blocks), "llama.vocab_size": uint32(n)} {
		if values[key] != want {
			t.Errorf("%s is %v, want %v", key, values[key], want)
		}
	}
	for _, key := range []string{"tokenizer.ggml.scores", "tokenizer.ggml.token_type"} {
		if got := len(values[key].([]any)); got != n {
			t.Errorf("%s has %d elements, want %d", key, got, n)
		}
	}

	shapes, end := map[string]string{}, uint64(0)
	for range tensors {
		name, size := r.text(), uint64(4)
		var shape []uint64
		for range r.u32() {
			shape = append(shape, r.u64())
			size *= shape[len(shape)-1]
		}
		if kind := r.u32(); kind != tensorFloat32 {
			t.Errorf("%s is of type %d", name, kind)
		}
		if offset := r.u64(); offset != end || offset%ggufAlignment != 0 {
			t.Errorf("%s is at %d, want %d", name, offset, end)
		}
		end += (size + ggufAlignment - 1) / ggufAlignment * ggufAlignment
		shapes[name] = fmt.Sprint(shape)
	}
	if left := uint64(len(r.b)); left < end || left-end >= ggufAlignment {
		t.Errorf("%d bytes for tensors of %d", left, end)
	}
	for name, want := range map[string]string{
		"token_embd.weight":     fmt.Sprint([]int{embedding, n}),
		"blk.1.ffn_down.weight": fmt.Sprint([]int{feed, embedding}),
		"output_norm.weight":    fmt.Sprint([]int{embedding}),
		"output.weight":         fmt.Sprint([]int{embedding, n}),
	} {
		if shapes[name] != want {
			t.Errorf("%s is %s, want %s", name, shapes[name], want)
		}
	}
}

// reader takes a GGUF file apart.
type reader struct {
	b []byte
	t *testing.T
}

func (r *reader) take(n uint64) []byte {
	r.t.Helper()
	if uint64(len(r.b)) < n {
		r.t.Fatalf("%d bytes left, want %d", len(r.b), n)
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) u32() uint32  { return le.Uint32(r.take(4)) }
func (r *reader) u64() uint64  { return le.Uint64(r.take(8)) }
func (r *reader) text() string { return string(r.take(r.u64())) }

func (r *reader) value(kind uint32) any {
	r.t.Helper()
	switch kind {
	case ggufUint32, ggufInt32, ggufFloat32:
		return r.u32()
	case ggufString:
		return r.text()
	case ggufArray:
		of := r.u32()
		var list []any
		for range r.u64() {
			list = append(list, r.value(of))
		}
		return list
	}
	r.t.Fatalf("type %d", kind)
	return nil
}
