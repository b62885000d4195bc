package exchange

// endpoint says where in the bodies of one kind of request and of its answer that stands
// which events tell.
type endpoint struct {
	asks    *node // the request's body; nil: not looked at
	form    bool  // it is multipart/form-data, of which a field model counts
	answers *node // the answer's, and each line or event of one that is streamed
	prompts bool  // a request holds the text of somebody
	stream  bool  // an answer may come in pieces
}

// endpoints are the paths that take a body of interest. What they do is in the table of
// operations of package sourcetypes.
var endpoints = map[string]*endpoint{
	"/api/generate":   {asks: askGenerate, answers: nativeAnswer, prompts: true, stream: true},
	"/api/chat":       {asks: askChat, answers: nativeAnswer, prompts: true, stream: true},
	"/api/embed":      {asks: askEmbed, answers: nativeAnswer, prompts: true},
	"/api/embeddings": {asks: askEmbed, answers: nativeAnswer, prompts: true},

	"/v1/chat/completions":     {asks: askOpenAIChat, answers: openAIAnswer, prompts: true, stream: true},
	"/v1/completions":          {asks: askOpenAI, answers: openAIAnswer, prompts: true, stream: true},
	"/v1/embeddings":           {asks: askOpenAI, answers: openAIAnswer, prompts: true},
	"/v1/images/generations":   {asks: askOpenAI, answers: openAIAnswer, prompts: true},
	"/v1/images/edits":         {asks: askOpenAI, answers: openAIAnswer, prompts: true},
	"/v1/responses":            {asks: askResponses, answers: responsesAnswer, prompts: true, stream: true},
	"/v1/responses/compact":    {asks: askResponses, answers: responsesAnswer, prompts: true},
	"/v1/audio/transcriptions": {form: true, answers: openAIAnswer},

	"/v1/messages":              {asks: askMessages, answers: messagesAnswer, prompts: true, stream: true},
	"/v1/messages/count_tokens": {asks: askMessages, answers: messagesAnswer, prompts: true},

	"/api/pull":   {asks: askModel, answers: errorAnswer, stream: true},
	"/api/push":   {asks: askModel, answers: errorAnswer, stream: true},
	"/api/create": {asks: askModel, answers: errorAnswer, stream: true},
	"/api/show":   {asks: askModel, answers: errorAnswer},
	"/api/delete": {asks: askModel, answers: errorAnswer},
	"/api/copy":   {asks: object(names{"source": is(fModel)}), answers: errorAnswer},

	"/api/experimental/web_search": {asks: object(names{"query": is(fPrompts)}), answers: errorAnswer, prompts: true},
	"/api/experimental/web_fetch":  {asks: object(names{"url": is(fPrompts)}), answers: errorAnswer, prompts: true},
}

// anyEndpoint is what all others are: of an answer the error counts.
var anyEndpoint = &endpoint{answers: errorAnswer}

// What requests hold. Names that are not here are not looked at: no user names and
// passwords, no templates, no images.
var (
	askModel = object(names{"model": is(fModel), "name": is(fName)})

	askNative = names{
		"model": is(fModel), "stream": is(fStream),
		"options": {exact: true, names: names{
			"num_ctx": option(numCtx), "num_predict": option(numPredict), "temperature": option(temperature),
			"top_p": option(topP), "top_k": option(topK), "seed": option(seed),
		}},
	}
	askGenerate = with(askNative, names{
		"prompt": is(fPrompts), "system": is(fSystems), "images": list(is(fImage)).as(fImages),
	})
	askChat  = with(askNative, names{"messages": list(askMessage).as(fMessages), "tools": askTools})
	askEmbed = with(askNative, names{"prompt": is(fPrompts), "input": askTexts})

	askOpenAINames = names{
		"model": is(fModel), "stream": is(fStream), "tools": askTools,
		"max_tokens": option(numPredict), "max_completion_tokens": option(numPredict),
		"max_output_tokens": option(numPredict), "temperature": option(temperature), "top_p": option(topP),
		"top_k": option(topK), "seed": option(seed),
	}
	askOpenAI     = with(askOpenAINames, names{"prompt": askTexts, "input": askTexts})
	askOpenAIChat = with(askOpenAINames, names{"messages": list(askMessage).as(fMessages).readOver()})
	askResponses  = with(askOpenAINames, names{
		"input": is(fMessages).or(askItem), "instructions": is(fSystems),
	})
	askMessages = with(askOpenAINames, names{
		"messages": list(askMessage).as(fMessages).readOver(), "system": is(fSystems).or(object(names{"text": is(fSystem)})),
	})

	askTexts   = is(fPrompts).or(is(fPrompt))
	askTools   = list(is(fTool)).as(fTools)
	askMessage = object(names{
		"role": is(fRole), "content": askContents, "images": list(is(fImage)),
	}).as(fMessage)
	askItem = object(names{
		"role": is(fRole), "content": askContents, "output": askContents,
	}).as(fItem)

	// A part may have contents of its own, such as what a tool said.
	askContents = is(fContents).or(askPart)
	askPart     = func() *node {
		content := is(fContent)
		content.each = object(names{"type": is(fPartType), "text": is(fContent), "content": content}).as(fPart)
		return content.each
	}()
)

// What answers hold.
var (
	anError     = object(names{"message": is(fError)}).as(fError)
	errorAnswer = object(names{"error": anError})

	nativeAnswer = object(names{
		"error": anError, "model": is(fAnswerModel), "remote_model": is(fRemoteModel),
		"response": is(fText), "thinking": is(fThought),
		"message": object(names{
			"content": is(fText), "thinking": is(fThought), "tool_calls": list(is(fToolCall)),
		}),
		"done": is(fDone), "done_reason": is(fDoneReason),
		"total_duration": figure(totalDuration), "load_duration": figure(loadDuration),
		"prompt_eval_count": figure(promptTokens), "prompt_eval_duration": figure(promptEvalDuration),
		"eval_count": figure(completionTokens), "eval_duration": figure(evalDuration),
	})

	openAIMessage = object(names{
		"content": is(fText), "reasoning": is(fThought), "reasoning_content": is(fThought),
		"tool_calls": list(is(fToolCall)),
	})
	openAIAnswer = object(names{
		"error": anError, "model": is(fAnswerModel),
		"choices": list(object(names{
			"delta": openAIMessage, "message": openAIMessage, "text": is(fText), "finish_reason": is(fDoneReason),
		})),
		"usage": aUsage,
	})

	// aUsage is how OpenAI's chat, and how its responses and Anthropic, call the same.
	aUsage = object(names{
		"prompt_tokens": figure(promptTokens), "completion_tokens": figure(completionTokens),
		"input_tokens": figure(promptTokens), "output_tokens": figure(completionTokens),
	})

	// messagesAnswer leaves out what message_start says of usage: it is an estimate.
	messagesAnswer = object(names{
		"error": anError, "model": is(fAnswerModel), "message": object(names{"model": is(fAnswerModel)}),
		"content": list(object(names{"text": is(fText), "thinking": is(fThought)})),
		"delta": object(names{
			"text": is(fText), "thinking": is(fThought), "partial_json": is(fToolCall), "stop_reason": is(fDoneReason),
		}),
		"stop_reason": is(fDoneReason), "usage": aUsage, "input_tokens": figure(promptTokens),
	})

	aResponse = names{
		"error": anError, "model": is(fAnswerModel), "usage": aUsage,
		"incomplete_details": object(names{"reason": is(fDoneReason)}),
	}
	responsesAnswer = with(aResponse, names{
		"response": object(aResponse), "delta": is(fText),
		"output": list(object(names{"content": list(object(names{"text": is(fText)}))})),
	})
)
