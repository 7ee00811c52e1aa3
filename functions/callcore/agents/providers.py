"""The providers that an agent can name, as its configuration calls them; the workers have an adapter for each."""

HEARING = ("deepgram", "deepgram-flux", "openai", "transcribe", "pocketsphinx")
THINKING = ("openai", "groq", "together", "bedrock", "vllm", "ollama", "script")
SPEAKING = ("elevenlabs", "cartesia", "rime", "deepgram", "openai", "polly", "flite")
"""The embedded ones stand last."""
SCRIPTED = "scripted"
"""Plays what a test wrote, in each of the three parts."""
