@echo off
rem What the scheduled task runs: the settings, and the program with its log in a file.
rem Any setting that "ollama-hec run --help" lists can be set here. Not the token: every user can read this file.
setlocal
set "OLLAMA_HEC_URL=https://splunk:8088"
set "OLLAMA_HEC_TOKEN_FILE=%ProgramData%\ollama-hec\token"

set "log=%ProgramData%\ollama-hec\ollama-hec.log"
if exist "%log%" move /y "%log%" "%log%.1" >nul
"%~dp0ollama-hec.exe" run 2>"%log%"
exit /b %errorlevel%
