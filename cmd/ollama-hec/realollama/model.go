// Package realollama tests the shipper with a real Ollama server: everything a client did must
// arrive, requests, prompts and failures, through a crash of the shipper and a rotation of the
// log.
//
// The server is a binary that OLLAMA_BINARY names, and `make test-ollama`
// builds; without it only the model is tested, which is made here. It answers
// with random syllables: nothing is said about what a model would say.
package realollama

import (
	"fmt"
	"math/rand/v2"
)

// The size of the model: the smallest that llama.cpp loads without a warning.
const (
	embedding = 64
	heads     = 4
	blocks    = 2
	feed      = 128
	window    = 2048
)

// Model returns a language model of the llama architecture as a GGUF file. Its
// weights are random, the same for the same seed. It can write any text byte by
// byte, and never ends what it says by itself: only num_predict, the context or
// the client ends it.
func Model(seed uint64) []byte {
	v := syllables()
	g := new(gguf)
	g.set("general.architecture", "llama")
	g.set("general.name", "tiny")
	g.set("general.file_type", uint32(0))
	g.set("general.quantization_version", uint32(2))
	g.set("llama.context_length", uint32(window))
	g.set("llama.embedding_length", uint32(embedding))
	g.set("llama.block_count", uint32(blocks))
	g.set("llama.feed_forward_length", uint32(feed))
	g.set("llama.attention.head_count", uint32(heads))
	g.set("llama.attention.head_count_kv", uint32(heads))
	g.set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	g.set("llama.rope.dimension_count", uint32(embedding/heads))
	g.set("llama.vocab_size", uint32(len(v.tokens)))
	g.set("tokenizer.ggml.model", "llama")
	g.set("tokenizer.ggml.pre", "default")
	g.set("tokenizer.ggml.tokens", v.tokens)
	g.set("tokenizer.ggml.scores", v.scores)
	g.set("tokenizer.ggml.token_type", v.kinds)
	g.set("tokenizer.ggml.unknown_token_id", uint32(0))
	g.set("tokenizer.ggml.bos_token_id", uint32(1))
	g.set("tokenizer.ggml.eos_token_id", uint32(2))

	w := weights{rand.New(rand.NewPCG(seed, 0))}
	g.tensor("token_embd.weight", w.random(1, embedding*len(v.tokens)), embedding, len(v.tokens))
	for i := range blocks {
		name := func(part string) string { return fmt.Sprintf("blk.%d.%s.weight", i, part) }
		g.tensor(name("attn_norm"), ones(embedding), embedding)
		for _, part := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			g.tensor(name(part), w.random(0.25, embedding*embedding), embedding, embedding)
		}
		g.tensor(name("ffn_norm"), ones(embedding), embedding)
		g.tensor(name("ffn_gate"), w.random(0.25, embedding*feed), embedding, feed)
		g.tensor(name("ffn_up"), w.random(0.25, embedding*feed), embedding, feed)
		g.tensor(name("ffn_down"), w.random(0.25, feed*embedding), feed, embedding)
	}
	g.tensor("output_norm.weight", ones(embedding), embedding)
	// The rows of control tokens and bytes are zero. A hundred of the others
	// score above zero at any time, more than the sampler looks at.
	output := w.random(2, embedding*len(v.tokens))
	clear(output[:embedding*v.mute])
	g.tensor("output.weight", output, embedding, len(v.tokens))
	return g.file()
}

// vocabulary is the list of tokens, in the form of SentencePiece.
type vocabulary struct {
	tokens []string
	scores []float32
	kinds  []int32
	mute   int // how many tokens, from the first, are never written
}

func (v *vocabulary) add(kind int32, score float32, token string) {
	v.tokens, v.scores, v.kinds = append(v.tokens, token), append(v.scores, score), append(v.kinds, kind)
}

// syllables returns the vocabulary: control tokens, every byte, letters and digits, and
// syllables within words and at their beginnings.
func syllables() vocabulary {
	const normal, unknown, control, single = 1, 2, 3, 6
	const space = "▁"
	var v vocabulary
	v.add(unknown, 0, "<unk>")
	v.add(control, 0, "<s>")
	v.add(control, 0, "</s>")
	for b := range 256 {
		v.add(single, 0, fmt.Sprintf("<0x%02X>", b))
	}
	v.mute = len(v.tokens)
	v.add(normal, -1, space)
	for _, letter := range "abcdefghijklmnopqrstuvwxyz0123456789" {
		v.add(normal, -3, string(letter))
	}
	for _, consonant := range "bdfghjklmnprstvwz" {
		for _, vowel := range "aeiou" {
			syllable := string(consonant) + string(vowel)
			v.add(normal, -2, syllable)
			v.add(normal, -1.5, space+syllable)
		}
	}
	return v
}

type weights struct{ r *rand.Rand }

// random returns n weights between -scale and scale.
func (w weights) random(scale float32, n int) []float32 {
	floats := make([]float32, n)
	for i := range floats {
		floats[i] = scale * (2*w.r.Float32() - 1)
	}
	return floats
}

func ones(n int) []float32 {
	floats := make([]float32, n)
	for i := range floats {
		floats[i] = 1
	}
	return floats
}
