"""Names of the structured fields that log lines carry.

A log message is a constant; what varies stands in a field of one of these names. No field holds
speech, a prompt, a phone number, a key or a metadata value, and no line is written outside them.
"""

from collections.abc import Mapping

SAFE: Mapping[str, str] = {
    "session_id": "the session",
    "trace_id": "of the session, as `traceparent` tells it to vendors and customers' servers",
    "campaign_id": "the campaign that orders calls",
    "agent_id": "the agent, absent for a temporary one",
    "worker_id": "the worker that serves or served the session",
    "stt": "provider and model that hears a session: these names are those of callcore.calls.usage.Component",
    "llm": "the same that answers",
    "tts": "the same that speaks",
    "provider": "whoever failed",
    "failure": "what kind of failure a provider had",
    "detail": "why it failed, in our words: a status and a code, never the provider's message",
    "call_status": "how the call stands or ended",
    "transfer_status": "what became of a transfer",
    "duration_s": "seconds from `onready` to the end",
    "first_audio": "of every answer of a session, ms: these names are those of callcore.calls.latency",
    "endpointing_delay": "the same",
    "transcription_delay": "the same",
    "llm_ttft": "the same",
    "tts_ttfb": "the same",
    "attempt": "how often a message was delivered, this time included",
    "delivery_state": "what became of a webhook",
    "count": "how many of what the message names",
    "cluster": "the workers that a load is of: these names are those of media_worker.observability",
    "sessions": "how many run on a worker",
    "free_slots": "how many more it takes",
    "busy_percent": "how much of what it takes is taken",
    "late_percent": "how much of its audio of the last seconds was late",
    "child": "a process of the local stack",
    "exit_status": "of a process; negative for a signal",
    "wait_s": "seconds until the next try",
    "method": "of a request",
    "route": "that served it, with the names of what varies in its path; null for an unknown path",
    "response_status": "of the reply; null when there was none",
    "error": "the class of an error, never its message",
}
"""Anybody who runs the system may read these."""

PERSONAL: Mapping[str, str] = {}
"""These tell something about a user: nothing personal is logged."""
