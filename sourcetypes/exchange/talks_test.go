package exchange

import (
	"net/netip"
	"strings"

	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes"
)

const (
	askedChat = `{"model":"llama3.2","messages":[{"role":"system","content":"Be brief."},` +
		`{"role":"user","content":"Why is the sky blue?"}],"options":{"num_ctx":4096,"temperature":0.5}}`
	token      = `{"model":"llama3.2","created_at":"2026-11-28T22:00:00.123456789Z","message":{"role":"assistant","content":" sky"},"done":false}` + "\n"
	finalToken = `{"model":"llama3.2","created_at":"2026-11-28T22:00:01Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,` +
		`"total_duration":5043500667,"load_duration":5025959,"prompt_eval_count":26,"prompt_eval_duration":325953000,"eval_count":290,"eval_duration":4709213000}` + "\n"
	generated = `{"model":"llama3.2","created_at":"2026-11-28T22:00:00Z","response":"The","done":false}` + "\n"
	finalText = `{"model":"llama3.2","created_at":"2026-11-28T22:00:00Z","response":"","done":true,"done_reason":"stop","context":[128006,882,128007],` +
		`"total_duration":174560334,"load_duration":101397084,"prompt_eval_count":11,"prompt_eval_duration":13074791,"eval_count":18,"eval_duration":52479709}`
	openAIChunk = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1732830000,"model":"llama3.2","system_fingerprint":"fp_ollama",` +
		`"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}` + "\n\n"
	openAILast = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1732830000,"model":"llama3.2","system_fingerprint":"fp_ollama",` +
		`"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}` + "\n\n"
	openAIUsage = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1732830000,"model":"llama3.2","system_fingerprint":"fp_ollama",` +
		`"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}` + "\n\n"
	openAIDone    = "data: [DONE]\n\n"
	askOpenAIBody = `{"model":"llama3.2","messages":[{"role":"user","content":"Hello"}],"stream":true,"max_tokens":10,"seed":7}`
	missing       = `{"error":"model 'nope' not found"}`
)

func talks() []talk {
	full := defaults()
	full.Prompts, full.Responses = sourcetypes.Full, FullResponses
	full.Redact = sourcetypes.Redact{}
	answers := defaults()
	answers.Responses = FullResponses
	off := defaults()
	off.Prompts, off.Responses = sourcetypes.Off, FullResponses
	all := defaults()
	all.AllMessages = true
	behind := defaults()
	behind.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("10.0.0.0/8")}
	shortPrompts := defaults()
	shortPrompts.MaxPrompt = 20

	chat := []step{
		client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)),
		server(140, chunk(token)), server(160, chunk(finalToken)), server(161, lastChunk),
	}
	generate := []step{
		client(0, post("/api/generate", `{"model":"llama3.2","prompt":"mail bob@example.com","system":"You","stream":false}`)),
		server(300, answer200(jsonUTF8, finalText)),
	}
	openAI := func(last ...string) []step {
		steps := []step{client(0, post("/v1/chat/completions", askOpenAIBody)), server(10, streamed(sse)),
			server(50, chunk(openAIChunk)), server(60, chunk(openAIChunk))}
		for _, l := range last {
			steps = append(steps, server(70, chunk(l)))
		}
		return append(steps, server(71, lastChunk))
	}
	return []talk{
		{name: "native chat, streamed", steps: chat},
		{name: "native chat, all messages", opts: all, steps: chat},
		{name: "native chat, prompts off", opts: off, steps: chat},
		{name: "native chat, answers in full", opts: full, steps: chat},
		{name: "generate, not streamed, redacted", steps: generate},
		{name: "generate, full", opts: full, steps: generate},
		{name: "generate, streamed", opts: answers, steps: []step{
			client(0, post("/api/generate", `{"model":"llama3.2","prompt":"Hi","images":["aGk=","aGk="],"options":{"num_predict":-1,"top_k":40,"top_p":9e-1}}`)),
			server(5, streamed(ndjson)), server(9, chunk(generated)), server(12, chunk(generated)+chunk(finalText+"\n")+lastChunk),
		}},
		{name: "long prompt is cut", opts: shortPrompts, steps: []step{
			client(0, post("/api/generate", `{"model":"m","prompt":"0123456789 0123456789 0123456789","stream":false}`)),
			server(300, answer200(jsonUTF8, `{"model":"m","response":"","done":true,"done_reason":"load"}`)),
		}},
		{name: "load: no prompt, no figures", steps: []step{
			client(0, post("/api/chat", `{"model":"llama3.2"}`)),
			server(3, answer200(jsonUTF8, `{"model":"llama3.2","created_at":"2026-11-28T22:00:00Z","message":{"role":"assistant","content":""},"done_reason":"load","done":true}`)),
		}},
		{name: "thinking and tools", steps: []step{
			client(0, post("/api/chat", `{"model":"qwen3","messages":[{"role":"user","content":"Weather?"}],"tools":[{"type":"function"},{"type":"function"}],"think":true}`)),
			server(5, streamed(ndjson)),
			server(7, chunk(`{"model":"qwen3","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}`+"\n")),
			server(8, chunk(`{"model":"qwen3","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"w","arguments":{"eval_count":9}}}]},"done":false}`+"\n")),
			server(9, chunk(strings.ReplaceAll(finalToken, "llama3.2", "qwen3"))+lastChunk),
		}},
		{name: "error under status 200", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)),
			server(140, chunk(`{"error":"an error was encountered while running the model: unexpected EOF"}`+"\n")+lastChunk),
		}},
		{name: "no such model", steps: []step{
			client(0, post("/api/generate", `{"model":"nope","prompt":"x"}`)), server(1, answered1("404 Not Found", jsonUTF8, missing)),
		}},
		{name: "embed", steps: []step{
			client(0, post("/api/embed", `{"model":"all-minilm","input":["one","two"]}`)),
			server(9, answer200(jsonUTF8, `{"model":"all-minilm","embeddings":[[0.0100,-2e-05],[1,2]],"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":8}`)),
		}},
		{name: "embeddings", steps: []step{
			client(0, post("/api/embeddings", `{"model":"all-minilm","prompt":"one"}`)),
			server(9, answer200(jsonUTF8, `{"embedding":[0.01,0.02]}`)),
		}},
		{name: "OpenAI chat, streamed, without usage", steps: openAI(openAILast, openAIDone)},
		{name: "OpenAI chat, streamed, with usage", opts: answers, steps: openAI(openAILast, openAIUsage, openAIDone)},
		{name: "OpenAI chat, not streamed", steps: []step{
			client(0, post("/v1/chat/completions", `{"model":"llava","messages":[{"role":"user","content":[{"type":"text","text":"What?"},`+
				`{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}]}`)),
			server(90, answer200("application/json", `{"id":"chatcmpl-2","object":"chat.completion","created":1,"model":"llava:7b","system_fingerprint":"fp_ollama",`+
				`"choices":[{"index":0,"message":{"role":"assistant","content":"A cat"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`)),
		}},
		{name: "OpenAI completions, streamed, usage in every chunk", steps: []step{
			client(0, post("/v1/completions", `{"model":"m","prompt":"once","stream":true,"stream_options":{"include_usage":true}}`)),
			server(10, streamed(sse)),
			server(20, chunk(`data: {"id":"cmpl-1","object":"text_completion","created":1,"choices":[{"text":" upon","index":0,"finish_reason":null}],"model":"m","usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}`+"\n\n")),
			server(30, chunk(`data: {"id":"cmpl-1","object":"text_completion","created":1,"choices":[],"model":"m","usage":{"prompt_tokens":4,"completion_tokens":1,"total_tokens":5}}`+"\n\n")+chunk(openAIDone)+lastChunk),
		}},
		{name: "OpenAI completions, cut before the last usage", steps: []step{
			client(0, post("/v1/completions", `{"model":"m","prompt":"once","stream":true,"stream_options":{"include_usage":true}}`)),
			server(10, streamed(sse)),
			server(20, chunk(`data: {"id":"cmpl-1","object":"text_completion","created":1,"choices":[{"text":" upon","index":0,"finish_reason":null}],"model":"m","usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}`+"\n\n")),
			done(wire.EndReset, wire.FromClient, 30),
		}},
		{name: "OpenAI error", steps: []step{
			client(0, post("/v1/chat/completions", askOpenAIBody)),
			server(2, answered1("404 Not Found", "application/json", `{"error":{"message":"model \"llama3.2\" not found, try pulling it first","type":"api_error","param":null,"code":null}}`)),
		}},
		{name: "OpenAI embeddings", steps: []step{
			client(0, post("/v1/embeddings", `{"model":"all-minilm","input":"one"}`)),
			server(9, answer200("application/json", `{"object":"list","data":[{"object":"embedding","embedding":[0.1],"index":0}],"model":"all-minilm","usage":{"prompt_tokens":8,"total_tokens":8}}`)),
		}},
		{name: "OpenAI responses, streamed", opts: answers, steps: []step{
			client(0, post("/v1/responses", `{"model":"gpt-oss","instructions":"Be brief","stream":true,"max_output_tokens":50,"input":[{"role":"developer","content":"Rules"},{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"},{"type":"input_image","image_url":"data:image/png;base64,aGk="}]},{"type":"function_call_output","call_id":"1","output":"42"}]}`)),
			server(10, streamed(sse)),
			server(11, chunk("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"model\":\"gpt-oss\",\"usage\":null}}\n\n")),
			server(20, chunk("event: response.reasoning_summary_text.delta\ndata: {\"delta\":\"Let me\",\"type\":\"response.reasoning_summary_text.delta\"}\n\n")),
			server(30, chunk("event: response.output_text.delta\ndata: {\"delta\":\"Hi\",\"type\":\"response.output_text.delta\"}\n\n")),
			server(40, chunk("event: response.completed\ndata: {\"response\":{\"model\":\"gpt-oss\",\"output\":[{\"content\":[{\"text\":\"Hi\"}]}],\"usage\":{\"input_tokens\":20,\"output_tokens\":4,\"total_tokens\":24}},\"type\":\"response.completed\"}\n\n")+lastChunk),
		}},
		{name: "OpenAI responses, a text", steps: []step{
			client(0, post("/v1/responses", `{"model":"gpt-oss","input":"Hello"}`)),
			server(9, answer200("application/json", `{"id":"resp_1","model":"gpt-oss","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],"usage":{"input_tokens":20,"output_tokens":4,"total_tokens":24}}`)),
		}},
		{name: "Anthropic messages, streamed", opts: answers, steps: []step{
			client(0, post("/v1/messages", `{"model":"qwen3","max_tokens":100,"system":[{"type":"text","text":"Be"},{"type":"text","text":"brief"}],"stream":true,"messages":[{"role":"user","content":"One"},{"role":"assistant","content":[{"type":"thinking","thinking":"x"},{"type":"tool_use","id":"1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"42"},{"type":"image","source":{"type":"base64","data":"aGk="}}]},{"type":"text","text":"Go on"}]}]}`)),
			server(10, streamed(sse)),
			server(11, chunk("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"qwen3\",\"usage\":{\"input_tokens\":99,\"output_tokens\":0}}}\n\n")),
			server(20, chunk("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hel\"}}\n\n")),
			server(30, chunk("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"lo\"}}\n\n")),
			server(35, chunk("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"lo\"}}\n\n")),
			server(40, chunk("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"input_tokens\":31,\"output_tokens\":5}}\n\n")+chunk("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")+lastChunk),
		}},
		{name: "Anthropic error", steps: []step{
			client(0, post("/v1/messages", `{"model":"nope","max_tokens":100,"messages":[{"role":"user","content":"One"}]}`)),
			server(2, answered1("404 Not Found", "application/json", `{"type":"error","error":{"type":"not_found_error","message":"model 'nope' not found"},"request_id":"req_1"}`)),
		}},
		{name: "pull: no password, progress is no content", opts: full, steps: []step{
			client(0, post("/api/pull", `{"name":"llama3.2","username":"u","password":"hunter2"}`)), server(5, streamed(ndjson)),
			server(6, chunk(`{"status":"pulling manifest"}`+"\n")), server(7, chunk(`{"status":"pulling aa","digest":"sha256:aa","total":9,"completed":3}`+"\n")),
			server(8, chunk(`{"error":"pull model manifest: file does not exist"}`+"\n")+lastChunk),
		}},
		{name: "create, copy, delete, show", steps: []step{
			client(0, post("/api/create", `{"model":"mario","from":"llama3.2","system":"You are Mario","stream":false}`)), server(1, answer200(jsonUTF8, `{"status":"success"}`)),
			client(2, post("/api/copy", `{"source":"a","destination":"b"}`)), server(3, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
			client(4, request("DELETE", "/api/delete", `{"model":"a"}`)), server(5, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
			client(6, post("/api/show", `{"name":"b"}`)), server(7, answer200(jsonUTF8, `{"license":"MIT","model_info":{"a":[1,2]}}`)),
			client(8, request("GET", "/v1/models/b", "")), server(9, answer200(jsonUTF8, `{"id":"b"}`)),
		}},
		{name: "audio", steps: []step{
			client(0, post("/v1/audio/transcriptions", "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n"+
				"RIFF\x00\nmodel\r\n\r\n--X\r\n--XX\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n--XX--\r\n", "Content-Type: multipart/form-data; boundary=XX")),
			server(90, answer200(jsonUTF8, `{"text":"hello"}`)),
		}},
		{name: "web search of a cloud", steps: []step{
			client(0, post("/api/experimental/web_search", `{"query":"what is up"}`)),
			server(9, answered1("401 Unauthorized", jsonUTF8, `{"error":"unauthorized","signin_url":"https://ollama.com/connect?name=h&key=c2VjcmV0"}`)),
		}},
		{name: "cloud model", steps: []step{
			client(0, post("/api/generate", `{"model":"gpt-oss:120b-Cloud","prompt":"x","stream":false}`)),
			server(9, answer200(jsonUTF8, `{"model":"gpt-oss:120b-Cloud","remote_model":"gpt-oss:120b","remote_host":"https://ollama.com","response":"y","done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}`)),
		}},
		{name: "blob", steps: []step{
			client(0, "POST /api/blobs/sha256:aa HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nGGUF\r\n"), client(5, "A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"),
			server(6, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
			client(7, request("HEAD", "/api/blobs/sha256:aa", "")), server(8, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"),
			client(9, request("GET", "/api/version", "")), server(10, answer200(jsonUTF8, `{"version":"0.6.5"}`)),
		}},
		{name: "JSON as Go reads it", steps: []step{
			client(0, post("/api/chat", `{"MODEL":"first","Model":"second","model":null,"meſſages":[{"ROLE":"User","Content":"a\u00e9\ud83d\ude00\ud800x`+"\xff"+`\n"}],"OPTIONS":{"NUM_CTX":1,"num_ctx":2}} {"model":"third"} trailing`)),
			server(1, answer200(jsonUTF8, `{"model":"second","message":{"role":"assistant","content":"x"},"done":true,"done_reason":"stop"}`)),
		}},
		{name: "pipelined, keep-alive", steps: []step{
			client(0, request("GET", "/api/tags?x=1", "")+request("GET", "/api/ps", "")),
			server(2, answer200(jsonUTF8, `{"models":[]}`)+answer200(jsonUTF8, `{"models":[1]}`)),
			client(5, post("/api/show", `{"model":"a"}`)), server(6, answered1("404 Not Found", jsonUTF8, missing)),
			done(wire.EndFIN, wire.FromClient, 10),
		}},
		{name: "HTTP/1.0 until the connection ends", steps: []step{
			client(0, "GET /api/version HTTP/1.0\r\n\r\n"), server(1, "HTTP/1.0 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{\"version\":"),
			server(2, "\"0.6.5\"}"), done(wire.EndFIN, wire.FromServer, 3),
		}},
		{name: "interim answers", steps: []step{
			client(0, strings.Replace(post("/api/chat", askedChat, "Expect: 100-continue"), askedChat, "", 1)),
			server(1, "HTTP/1.1 100 Continue\r\n\r\n"), client(2, askedChat),
			server(3, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), server(4, answered1("400 Bad Request", jsonUTF8, `{"error":"model is required"}`)),
		}},
		{name: "the body is not wanted", steps: []step{
			client(0, strings.Replace(post("/api/chat", askedChat, "Expect: 100-continue"), askedChat, "", 1)),
			server(1, answered1("401 Unauthorized", jsonUTF8, `{"error":"no"}`)),
			client(2, request("GET", "/", "")), server(3, answer200("text/plain; charset=utf-8", "Ollama is running")),
		}},
		{name: "the client gives up", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)), done(wire.EndReset, wire.FromClient, 150),
		}},
		{name: "the client ends within its request", steps: []step{
			client(0, post("/api/chat", askedChat)[:len(post("/api/chat", askedChat))-20]), done(wire.EndFIN, wire.FromClient, 150),
		}},
		{name: "the server ends within its answer", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)), done(wire.EndFIN, wire.FromServer, 150),
		}},
		{name: "forgotten", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)), done(wire.EndForgotten, wire.FromClient, 150),
		}},
		{name: "no request", steps: []step{
			client(0, "hello\r\n"), server(1, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"), done(wire.EndFIN, wire.FromServer, 2),
		}},
		{name: "TLS", steps: []step{
			client(0, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), server(1, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request"), done(wire.EndFIN, wire.FromServer, 2),
		}},
		{name: "HTTP/2", steps: []step{
			client(0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"), done(wire.EndFIN, wire.FromServer, 2),
		}},
		{name: "no host", steps: []step{
			client(0, "GET /api/tags HTTP/1.1\r\n\r\n"), server(1, "HTTP/1.1 400 Bad Request: missing required Host header\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request: missing required Host header"), done(wire.EndFIN, wire.FromServer, 2),
		}},
		{name: "only a connection", steps: []step{done(wire.EndFIN, wire.FromClient, 2)}},
		{name: "paths that no route takes", steps: []step{
			client(0, request("GET", "/api/../../etc/passwd", "")), server(1, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /etc/passwd\r\nContent-Length: 0\r\n\r\n"),
			client(2, request("GET", "//api/tags", "")), server(3, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /api/tags\r\nContent-Length: 0\r\n\r\n"),
			client(4, request("GET", "/a%70i/version?token=abcdefabcdef0123", "")), server(5, answer200(jsonUTF8, `{"version":"0.6.5"}`)),
			client(6, request("GET", "http://203.0.113.1:11434/api/version", "")), server(7, answer200(jsonUTF8, `{"version":"0.6.5"}`)),
			client(8, request("OPTIONS", "*", "")), server(9, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		}},
		{name: "browser, proxy and rebinding", opts: behind, steps: []step{
			client(0, "GET /api/tags HTTP/1.1\r\nHost: evil.example\r\nOrigin: https://evil.example\r\nX-Forwarded-For: 198.51.100.9, 198.51.100.8\r\nX-Forwarded-For: 10.1.1.1\r\nUser-Agent: curl/8 \r\n key=abcd\r\n\r\n"),
			server(1, answer200(jsonUTF8, `{}`)),
		}},
		{name: "a forged address", steps: []step{
			client(0, request("GET", "/api/tags", "", "X-Forwarded-For: 127.0.0.1")), server(1, answer200(jsonUTF8, `{}`)),
		}},
		{name: "two lengths", steps: []step{
			client(0, "POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
			server(1, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request"), done(wire.EndFIN, wire.FromServer, 2),
		}},
		{name: "upgrade", steps: []step{
			client(0, request("GET", "/api/version", "", "Upgrade: websocket", "Connection: Upgrade")), server(1, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
			client(2, "\x81\x05hello"), server(3, "\x81\x05hello"), done(wire.EndFIN, wire.FromServer, 4),
		}},
		{name: "joined within an answer", peer: wire.Connection{Joined: true}, steps: []step{
			server(1, chunk(token)+chunk(finalToken)+lastChunk), client(5, request("GET", "/api/ps", "")), server(6, answer200(jsonUTF8, `{"models":[]}`)),
		}},
		{name: "a hole in a chunk", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)+chunk(token)[:30]), lost(wire.FromServer, 130, 50),
			server(140, chunk(token)[80:]+chunk(finalToken)+lastChunk),
		}},
		{name: "a hole over chunks", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)), lost(wire.FromServer, 130, 4711),
			server(140, chunk(token)), server(150, chunk(finalToken)+lastChunk),
			client(200, request("GET", "/api/ps", "")), server(206, answer200(jsonUTF8, `{"models":[]}`)),
		}},
		{name: "a hole that ends in the last line", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)), lost(wire.FromServer, 130, 4711),
			server(150, finalToken[120:]+"\r\n"+lastChunk),
		}},
		{name: "a hole in an answer that is not streamed", steps: []step{
			generate[0], server(300, answer200(jsonUTF8, finalText)[:150]), lost(wire.FromServer, 300, 60),
			server(301, answer200(jsonUTF8, finalText)[210:]),
		}},
		{name: "a hole in a request", steps: []step{
			client(0, post("/api/chat", askedChat)[:150]), lost(wire.FromClient, 1, 30), client(2, post("/api/chat", askedChat)[180:]),
			server(20, streamed(ndjson)), server(120, chunk(token)+chunk(finalToken)+lastChunk),
		}},
		{name: "a hole in a head", steps: []step{
			client(0, post("/api/chat", askedChat)[:50]), lost(wire.FromClient, 1, 30), client(2, post("/api/chat", askedChat)[80:]),
			server(20, streamed(ndjson)), server(120, chunk(token)+chunk(finalToken)+lastChunk),
		}},
		{name: "a hole over the end of an answer", steps: []step{
			client(0, post("/api/chat", askedChat)), server(20, streamed(ndjson)), server(120, chunk(token)), lost(wire.FromServer, 130, 4711),
			client(200, request("GET", "/api/ps", "")), server(206, answer200(jsonUTF8, `{"models":[]}`)),
		}},
		{name: "SSE after a hole", steps: []step{
			client(0, post("/v1/chat/completions", askOpenAIBody)), server(10, streamed(sse)), server(50, chunk(openAIChunk)), lost(wire.FromServer, 55, 100_000),
			server(60, chunk(openAIChunk)), server(70, chunk(openAIUsage)+chunk(openAIDone)+lastChunk),
		}},
	}
}
