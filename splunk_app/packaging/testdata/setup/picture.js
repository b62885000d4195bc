// Stores a token, for a picture of how that looks.
document.getElementById("ollama-setup-token").value = "01d70c3a-7e57-7e57-7e57-7e577e577e57";
document.getElementById("ollama-setup-store").click();
