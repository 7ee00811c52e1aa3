"""Every part of a configuration that has fields, in the words of whoever fills them in."""

from collections.abc import Mapping

from callcore.agents.providers import HEARING, SPEAKING, THINKING
from playground.fields import Field, Kind, Section
from playground.turn_sections import CONVERSATION, PHONE


def _suggested(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, value) for value in values)


LANGUAGES = _suggested(
    *("en", "en-US", "en-GB", "de", "es", "fr", "it", "nl", "pl", "pt", "pt-BR", "ja", "zh", "ar", "hi", "multi")
)

PROMPT = (
    Section(
        "What the agent is told",
        (
            Field(
                ("prompt",),
                "Prompt",
                "Who the agent is, what it knows and how it behaves. {name} stands for a value of the metadata.",
                Kind.LONG,
            ),
            Field(
                ("first_message",),
                "First message",
                "What it says when the call begins. Empty: it waits, or finds its own words.",
                Kind.LONG,
            ),
        ),
    ),
    Section(
        "Values",
        (
            Field(
                ("default_metadata",),
                "Defaults",
                "One a line, as userName: there. They stand where a session brings no value of that name.",
                Kind.PAIRS,
            ),
            Field(
                ("signed_metadata",),
                "Only from your servers",
                "Names, one a line, that are believed from a signed token only, never from an address.",
                Kind.LINES,
            ),
            Field(("timezone",), "Time zone", "As Europe/Berlin; the agent then knows date and time there."),
        ),
    ),
)

VOICE = (
    Section(
        "Speaking",
        (
            Field(("language",), "Language", "A language tag. Empty: en.", choices=LANGUAGES),
            Field(
                ("voice", "provider"),
                "Provider",
                "Empty: the first one that is available.",
                choices=_suggested(*SPEAKING),
            ),
            Field(("voice", "voice_id"), "Voice", "Its id with the provider. Empty: the provider's usual one."),
            Field(("voice", "model"), "Model", "Empty: the provider's usual one."),
            Field(
                ("voice", "settings"),
                "Settings",
                "What the provider understands, one a line, as speed: 1.1.",
                Kind.VALUES,
            ),
            Field(
                ("voice", "fallback"),
                "Fallback",
                'Who goes on when the provider fails, as JSON: {"provider": "polly", "voice_id": "Ruth"}.',
                Kind.JSON,
            ),
        ),
    ),
    Section(
        "Hearing",
        (
            Field(
                ("speech_to_text", "provider"),
                "Provider",
                "Empty: the first one that is available.",
                choices=_suggested(*HEARING),
            ),
            Field(("speech_to_text", "model"), "Model", "Empty: the provider's usual one."),
            Field(
                ("speech_to_text", "multilingual"),
                "Several languages at once",
                "The caller may change the language in the middle of the call.",
                Kind.FLAG,
            ),
            Field(
                ("custom_vocabulary", "keywords"),
                "Words to expect",
                "Names and terms, one a line, with a weight if you like: Parley: 2.",
                Kind.VALUES,
            ),
            Field(
                ("switch_language", "languages"),
                "Languages the agent may change to",
                "Language tags, one a line.",
                Kind.LINES,
            ),
            Field(
                ("vad_threshold",),
                "Speech threshold",
                "From 0 (everything is speech) to 1. Empty: 0.5 or what fits.",
                Kind.NUMBER,
            ),
            Field(
                ("speech_to_text", "fallback"),
                "Fallback",
                'Who goes on when the provider fails, as JSON: {"provider": "transcribe"}.',
                Kind.JSON,
            ),
        ),
    ),
)

MODEL = (
    Section(
        "Language model",
        (
            Field(
                ("llm", "provider"),
                "Provider",
                "Empty: of the configured ones whichever answers soonest, and the script where there is none.",
                choices=_suggested(*THINKING),
            ),
            Field(("llm", "model"), "Model", "Empty: the provider's usual one."),
            Field(
                ("llm", "temperature"),
                "Temperature",
                "0 keeps to the likely words; 1 is lively. Empty: the model's own.",
                Kind.NUMBER,
            ),
            Field(
                ("llm", "history_settings", "history_message_limit"),
                "Messages remembered",
                "How many of the conversation's last messages the model sees. Empty: all.",
                Kind.NUMBER,
            ),
            Field(
                ("llm", "history_settings", "history_tool_result_limit"),
                "Results remembered",
                "How many results of functions it sees. Empty: all.",
                Kind.NUMBER,
            ),
            Field(
                ("llm", "fallback"),
                "Fallback",
                'Who answers when the provider fails, as JSON: {"provider": "bedrock"}.',
                Kind.JSON,
            ),
        ),
    ),
    Section(
        "Script",
        (
            Field(
                ("llm", "script"),
                "Script",
                "Intents with their phrases and answers, as JSON. It answers offline, and when all models fail.",
                Kind.JSON,
            ),
        ),
        "Fixed answers: deterministic, free, and understood by the recogniser that comes with Parley.",
    ),
    Section(
        "Your own model",
        (
            Field(
                ("custom_llm_websocket", "url"),
                "WebSocket",
                "wss:// of your server; then it answers instead of a model.",
                Kind.ADDRESS,
            ),
            Field(
                ("custom_llm_websocket", "headers"),
                "Headers",
                "Sent when the connection is made, one a line, as Authorization: Bearer ….",
                Kind.PAIRS,
            ),
        ),
    ),
)

WEBHOOKS = (
    Section(
        "Before a call",
        (
            Field(
                ("extra_prompt_webhook", "url"),
                "Address",
                "Asked with GET before each session: its metadata and extra_prompt make the call personal.",
                Kind.ADDRESS,
            ),
            Field(
                ("extra_prompt_webhook", "headers"), "Headers", "One a line, as Authorization: Bearer ….", Kind.PAIRS
            ),
        ),
    ),
    Section(
        "After a call",
        (
            Field(
                ("session_data_webhook", "url"),
                "Address",
                "Told the end of each call with POST: transcript, functions, costs. Tried again for a day.",
                Kind.ADDRESS,
            ),
            Field(
                ("session_data_webhook", "headers"), "Headers", "One a line, as Authorization: Bearer ….", Kind.PAIRS
            ),
        ),
    ),
)

PRIVACY = (
    Section(
        "What is kept",
        (
            Field(
                ("call_settings", "enable_recording"),
                "Record calls",
                "Sound of both sides, in the call log. Tell your callers.",
                Kind.FLAG,
            ),
            Field(
                ("privacy_settings", "opt_out_data_collection"),
                "Keep nothing of what is said",
                "No transcript, recording or metadata is stored; they reach the webhook after the call alone.",
                Kind.FLAG,
            ),
            Field(
                ("privacy_settings", "do_not_call_detection"),
                "Notice “do not call me again”",
                "It then stands in the record of the call.",
                Kind.FLAG,
            ),
        ),
    ),
)

FORMS: Mapping[str, tuple[str, tuple[Section, ...]]] = {
    "prompt": ("Prompt", PROMPT),
    "voice": ("Voice", VOICE),
    "model": ("Model", MODEL),
    "conversation": ("Conversation", CONVERSATION),
    "phone": ("Phone", PHONE),
    "webhooks": ("Webhooks", WEBHOOKS),
    "privacy": ("Privacy", PRIVACY),
}
"""Label and sections of each form, by the last part of its path."""
