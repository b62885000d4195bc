@echo off
rem What the scheduled task of the proxy runs: the settings, and the program with its log in a file.
rem Any setting that "ollama-hec proxy --help" lists can be set here.
setlocal
set "OLLAMA_HEC_PROXY_UPSTREAM=127.0.0.1:11435"

set "log=%ProgramData%\ollama-hec\ollama-hec-proxy.log"
if exist "%log%" move /y "%log%" "%log%.1" >nul
"%~dp0ollama-hec.exe" proxy 2>"%log%"
exit /b %errorlevel%
