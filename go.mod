module ollama-hec

go 1.26
