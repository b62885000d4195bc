package main

const exampleGlob = `C:\ProgramData\Ollama\*.log`
