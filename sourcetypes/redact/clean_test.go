package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// cleanLines writes lines as a clean Ollama log holds them, with all that looks
// like a secret and is none: digests, ids, versions, names of models and
// layers, numbers of tokens, settings without a value.
type cleanLines struct{ *rand.Rand }

func (c cleanLines) from(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[c.IntN(len(alphabet))]
	}
	return string(b)
}

func (c cleanLines) hex(n int) string { return c.from("0123456789abcdef", n) }

func (c cleanLines) uuid() string {
	return fmt.Sprintf("%s-%s-%s-%s-%s", c.hex(8), c.hex(4), c.hex(4), c.hex(4), c.hex(12))
}

func pick[T any](c cleanLines, from ...T) T { return from[c.IntN(len(from))] }

func (c cleanLines) model() string {
	return pick(
		c,
		"llama3.2",
		"qwen2.5-coder",
		"Qwen2.5-Coder-7B-Instruct-Q4_K_M.gguf",
		"mistral-nemo",
		"deepseek-r1",
		"phi4-mini",
		"nomic-embed-text",
		"gpt-oss",
		"hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF",
		"hf.co/unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF",
		"library/gemma3",
		"registry.ollama.ai/library/llama3.1",
		"all-minilm-l6-v2",
		"mxbai-embed-large-v1",
		"command-r7b-12-2024",
		"granite3.1-moe",
		"sk-learn-model-17",
		"team/key-extractor",
		"tokenizer-test",
		"password-classifier",
		"hf.co/TheBloke/Mixtral-8x7B-Instruct-v0.1-GGUF",
		"secret-santa",
		"pass-through-3b",
		"auth-router-v2",
		"hf_models/llama-2-7b",
		"my-org/sk-tuned-llama3-8b-2024",
	) +
		pick(
			c,
			"",
			":latest",
			":3b",
			":7b-instruct-q4_K_M",
			":8b-instruct-fp16",
			":Q4_K_M",
			":1.5b",
			":70b-instruct-q3_K_S",
			":e4b-it-qat",
		)
}

func (c cleanLines) path() string {
	return pick(
		c,
		"/root/.ollama/models/blobs/sha256-",
		"/usr/share/ollama/.ollama/models/blobs/sha256-",
		`C:\\Users\\jane\\.ollama\\models\\blobs\\sha256-`,
		"/var/lib/ollama/models/blobs/sha256-",
	) + c.hex(
		64,
	) + pick(
		c,
		"",
		"",
		"-partial",
		"-partial-3",
	)
}

func (c cleanLines) stamp(level string) string {
	return fmt.Sprintf(
		"time=2026-%02d-%02dT%02d:%02d:%02d.%03d%s level=%s source=%s:%d msg=",
		1+c.IntN(12),
		1+c.IntN(28),
		c.IntN(24),
		c.IntN(60),
		c.IntN(60),
		c.IntN(1000),
		pick(
			c,
			"Z",
			"+02:00",
			"-07:00",
		),
		level,
		pick(
			c,
			"server.go",
			"routes.go",
			"sched.go",
			"images.go",
			"download.go",
			"ggml.go",
			"gpu.go",
			"types.go",
			"runner.go",
		),
		1+c.IntN(1500),
	)
}

func (c cleanLines) number() string {
	return pick(
		c,
		fmt.Sprint(c.IntN(100)),
		fmt.Sprint(c.IntN(1<<20)),
		fmt.Sprintf("%.2f", c.Float64()*1000),
		fmt.Sprintf("%.1e", c.Float64()),
	)
}

func (c cleanLines) url() string {
	return pick(
		c,
		"https://registry.ollama.ai/v2/library/llama3.2/blobs/sha256:"+c.hex(64),
		"https://registry.ollama.ai/v2/library/qwen2.5/manifests/latest",
		"http://127.0.0.1:11434",
		"http://10.0.0.7:11434/v1",
		"https://huggingface.co/api/models/unsloth/Qwen3-8B-GGUF/revision/main",
		"https://ollama.com/token?nonce=&scope=repository%3Alibrary%2Fllama3%3Apull&service=ollama.com",
		"http://ollama.llm.svc.cluster.local:11434",
		"http://[::1]:11434",
		"https://example.com/v1/chat/completions?stream=true&n=2",
	)
}

func (c cleanLines) line() string {
	lines := []func() string{
		func() string {
			return fmt.Sprintf(
				"[GIN] 2026/11/%02d - %02d:%02d:%02d | %d | %13s | %15s | %-8s %q",
				1+c.IntN(28),
				c.IntN(24),
				c.IntN(60),
				c.IntN(60),
				pick(
					c,
					200,
					404,
					500,
					499,
					401,
				),
				pick(c, "94.911µs", "1.555917ms", "6.0018187s", "2m3s", "1h2m3s"),
				pick(c, "127.0.0.1", "10.1.2.3", "::1", "fe80::1%eth0", "203.0.113.77"),
				pick(
					c,
					"GET",
					"POST",
					"DELETE",
					"HEAD",
				),
				pick(
					c,
					"/api/tags",
					"/api/chat",
					"/api/blobs/sha256:"+c.hex(64),
					"/v1/models/"+c.model(),
					"/api/show?verbose=true",
					"/?id="+c.uuid(),
					"/v1/responses/resp_"+c.hex(48),
					"/api/generate?keep_alive=5m&num_ctx=8192",
					"/static/app."+c.hex(8)+".js",
					"/v1/threads/thread_"+c.hex(24),
				),
			)
		},
		func() string {
			return c.stamp(
				"INFO",
			) + `"server config" env="map[CUDA_VISIBLE_DEVICES: GPU_DEVICE_ORDINAL: HIP_VISIBLE_DEVICES: HSA_OVERRIDE_GFX_VERSION: HTTPS_PROXY: HTTP_PROXY: NO_PROXY: ` +
				`OLLAMA_API_KEY: OLLAMA_AUTH:false OLLAMA_CONTEXT_LENGTH:` + c.number() + ` OLLAMA_DEBUG:INFO OLLAMA_FLASH_ATTENTION:false OLLAMA_GPU_OVERHEAD:0 OLLAMA_HOST:` + c.url() +
				` OLLAMA_KEEP_ALIVE:5m0s OLLAMA_KV_CACHE_TYPE: OLLAMA_LLM_LIBRARY: OLLAMA_LOAD_TIMEOUT:5m0s OLLAMA_MODELS:/root/.ollama/models HF_TOKEN: ` +
				`OLLAMA_ORIGINS:[http://localhost https://localhost http://localhost:* app://* file://* vscode-webview://*] ROCR_VISIBLE_DEVICES: http_proxy: https_proxy: no_proxy:]"`
		},
		func() string {
			return c.stamp(
				"INFO",
			) + fmt.Sprintf(
				`"starting runner" cmd="/usr/local/bin/ollama runner --ollama-engine --model %s --ctx-size %d --batch-size 512 --n-gpu-layers %d --threads 8 --parallel 1 --port %d"`,
				c.path(),
				1<<c.IntN(17),
				c.IntN(99),
				1024+c.IntN(60000),
			)
		},
		func() string {
			return c.stamp(
				"INFO",
			) + fmt.Sprintf(
				`"inference compute" id=GPU-%s filter_id="" library=%s compute=%d.%d name=CUDA0 description="NVIDIA GeForce RTX %d0" libdirs=ollama,cuda_v1%d driver=1%d.%d pci_id=0000:%s:00.0 type=discrete total="%.1f GiB" available="%.1fGiB"`,
				c.uuid(),
				pick(c, "cuda", "rocm", "Vulkan"),
				5+c.IntN(5),
				c.IntN(9),
				20+c.IntN(30),
				2+c.IntN(2),
				c.IntN(9),
				c.IntN(9),
				c.hex(2),
				c.Float64()*80,
				c.Float64()*80,
			)
		},
		func() string {
			return "print_info: " + pick(
				c,
				"BOS",
				"EOS",
				"EOT",
				"UNK",
				"PAD",
				"LF",
				"FIM PRE",
				"FIM SUF",
				"EOG",
				"max",
				"SEP",
			) + " token" + strings.Repeat(
				" ",
				c.IntN(9),
			) + " = " + fmt.Sprint(
				c.IntN(200000),
			) +
				pick(
					c,
					" '<s>'",
					" '<|im_end|>'",
					" 'Ċ'",
					" '<|fim_prefix|>'",
					" '<|endoftext|>'",
					"",
				)
		},
		func() string {
			return "load: " + pick(
				c,
				"control token: ",
				"special tokens cache size = ",
				"token to piece cache size = ",
				"special_eos_id is not in special_eog_ids - tokenizer config may be incorrect ",
				"  - ",
			) +
				c.number() + pick(
				c,
				"",
				" MB",
				" '<|fim_middle|>' is not marked as EOG",
				" ('<|eot_id|>')",
			)
		},
		func() string {
			return fmt.Sprintf(
				"llama_model_loader: - kv %3d: %40s %s              = %s",
				c.IntN(60),
				pick(
					c,
					"general.architecture",
					"llama.attention.key_length",
					"tokenizer.ggml.bos_token_id",
					"tokenizer.ggml.padding_token_id",
					"tokenizer.ggml.token_type",
					"tokenizer.ggml.tokens",
					"tokenizer.ggml.add_bos_token",
					"llama.attention.head_count_kv",
					"general.license.link",
					"tokenizer.ggml.pre",
					"quantize.imatrix.chunks_count",
					"llama.rope.dimension_count",
				),
				pick(c, "u32", "str", "bool", "arr[str,151936]", "arr[i32,128256]", "f32"),
				pick(c, c.number(), `["!", "\"", "#", "$", "%", "&", "'", ...`, "true", "[1, 1, 1, 1, 1, ...", "0.000001"),
			)
		},
		func() string {
			return c.stamp(
				"DEBUG",
			) + fmt.Sprintf(
				`"%s" key=%s default=%s`,
				pick(c, "key with type not found", "key not found"),
				pick(
					c,
					"tokenizer.ggml.eos_token_id",
					"general.alignment",
					"gemma3.attention.key_length",
					"tokenizer.ggml.add_eos_token",
				),
				pick(c, "0", "1", "false", `""`, "32", "&{size:0 values:[]}"),
			)
		},
		func() string {
			return c.stamp(
				pick(c, "INFO", "DEBUG", "WARN"),
			) + fmt.Sprintf(
				`"%s" model=%s digest=sha256:%s id=%s`,
				pick(c, "loading model", "downloading", "verifying sha256 digest", "pull complete", "writing manifest"),
				c.model(),
				c.hex(64),
				c.uuid(),
			)
		},
		func() string {
			return c.stamp(
				"WARN",
			) + pick(
				c,
				`"couldn't get token: \"Get \\\"`+c.url()+`\\\": read tcp 10.0.0.2:`+fmt.Sprint(
					1024+c.IntN(60000),
				)+`->104.21.75.227:443: read: connection reset by peer\""`,
				`"failed to get token: unauthorized" registry=ollama.com`,
				`"invalid password: required"`,
				`"client connection closed before server finished loading, aborting load"`,
				`"truncating input prompt" limit=4096 prompt=`+c.number()+` keep=4 new=4096`,
				`"error looking up nvidia GPU memory" error="cuda driver library failed to get device context 801"`,
				`"token count exceeds limit" tokens=`+c.number()+` max_tokens=`+c.number(),
				`"request cancelled" request_id=req_`+c.hex(24),
				`"tool call" id=call_`+c.hex(8)+` name=get_secret_santa`,
				`"could not read private key: open /root/.ollama/id_ed25519: no such file or directory"`,
				`"key type not supported" key=general.name`,
			)
		},
		func() string {
			return fmt.Sprintf(
				"slot %12s: id %2d | task %d | %s",
				pick(c, "print_timing", "update_slots", "release", "launch_slot_"),
				c.IntN(4),
				c.IntN(10000),
				pick(
					c,
					"prompt eval time = "+c.number()+" ms / "+fmt.Sprint(
						c.IntN(5000),
					)+" tokens ("+c.number()+" ms per token, "+c.number()+" tokens per second)",
					"new prompt, n_ctx_slot = 4096, n_keep = 0, n_prompt_tokens = "+fmt.Sprint(
						c.IntN(9000),
					),
					"n_tokens = "+fmt.Sprint(c.IntN(9000))+", memory_seq_rm [0, end)",
					"stop processing: n_past = 12, truncated = 0",
				),
			)
		},
		func() string {
			return pick(
				c,
				"github.com/ollama/ollama/server.(*Server).GenerateHandler(0xc000"+c.hex(6)+")",
				"	/go/pkg/mod/github.com/spf13/cobra@v1.7.0/command.go:940 +0x"+c.hex(3),
				"	golang.org/x/exp@v0.0.0-20231110203233-"+c.hex(
					12,
				)+"/maps/maps.go:12",
				"goroutine "+fmt.Sprint(c.IntN(99999))+" gp=0xc000"+c.hex(6)+" m=nil [IO wait, 5 minutes]:",
				"build: "+fmt.Sprint(
					c.IntN(9999),
				)+" ("+c.hex(
					8,
				)+") with cc (Debian 12.2.0-14) for x86_64-linux-gnu",
				"ggml_cuda_init: found 1 CUDA devices:",
				"  Device 0: NVIDIA A100-SXM4-80GB, compute capability 8.0, VMM: yes, ID: GPU-"+c.uuid(),
				"load_backend: loaded CUDA backend from /usr/lib/ollama/cuda_v12/libggml-cuda.so",
				"CPU.0.SSE3=1 CPU.0.AVX512=1 CPU.0.LLAMAFILE=1 compiler=cgo(gcc)",
				"llama_context: n_ctx_per_seq (4096) < n_ctx_train (131072)",
				"Your new public key is: ",
				"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"+c.from("ABCDEFGHabcdefgh0123456789+/", 43),
			)
		},
		func() string {
			return c.stamp(
				"INFO",
			) + fmt.Sprintf(
				`"container started" container=docker-%s.scope pod=pod%s image=ollama/ollama@sha256:%s commit=%s node=ip-10-0-%d-%d.ec2.internal instance=i-0%s`,
				c.hex(64),
				c.uuid(),
				c.hex(64),
				c.hex(40),
				c.IntN(255),
				c.IntN(255),
				c.hex(16),
			)
		},
		func() string {
			return fmt.Sprintf(
				`{"function":"update_slots","level":"INFO","line":%d,"msg":"slot progression","n_past":%d,"n_prompt_tokens":%d,"token":%d,"tokens":[%d,%d,%d],"tid":"%d","timestamp":17105%05d}`,
				c.IntN(9999),
				c.IntN(999),
				c.IntN(999),
				c.IntN(151936),
				c.IntN(151936),
				c.IntN(151936),
				c.IntN(151936),
				139810345842240+c.IntN(999999),
				c.IntN(99999),
			)
		},
		func() string {
			return c.stamp(
				"TRACE",
			) + fmt.Sprintf(
				`"forward pass" tokens="[%d %d %d]" batch=%d next_token=%d sampled_token=%d first_pass=true pass=%d seed=%d`,
				c.IntN(99999),
				c.IntN(99999),
				c.IntN(99999),
				c.IntN(512),
				c.IntN(200000),
				c.IntN(200000),
				c.IntN(9),
				c.IntN(1<<30),
			)
		},
		func() string {
			return c.stamp(
				"INFO",
			) + fmt.Sprintf(
				`"request" id=chatcmpl-%d user_agent="ollama-python/0.4.%d (x86_64 linux) Python/3.11.%d" version=0.13.%d-rc%d trace_id=%s span=%s etag="%s"`,
				c.IntN(999),
				c.IntN(9),
				c.IntN(12),
				c.IntN(9),
				c.IntN(3),
				c.hex(32),
				c.hex(16),
				c.hex(32),
			)
		},
	}
	return lines[c.IntN(len(lines))]()
}

// TestCleanLinesStay: nothing of 30,000 lines that hold no secret changes.
func TestCleanLinesStay(t *testing.T) {
	c := cleanLines{rand.New(rand.NewPCG(7, 11))}
	changed := 0
	for range 30_000 {
		line := c.line()
		if got := redacted(Default(), line); got != line {
			if changed++; changed <= 20 {
				t.Errorf("a clean line changed\nfrom %s\nto   %s", line, got)
			}
		}
	}
	if changed > 20 {
		t.Errorf("%d lines changed", changed)
	}
}
