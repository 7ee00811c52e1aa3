"""How an agent converses: the fields of `flow` and of what ends a call."""

from playground.fields import Field, Kind, Section

CONVERSATION = (
    Section(
        "Turns",
        (
            Field(
                ("flow", "user_start_first"),
                "The user speaks first",
                "The agent waits for a word before it greets.",
                Kind.FLAG,
            ),
            Field(
                ("flow", "endpointing", "mode"),
                "End of a turn",
                "How the agent knows that the user has finished.",
                Kind.CHOICE,
                (
                    ("", "Adaptive, the default"),
                    ("adaptive", "Adaptive: by what was said and by silence"),
                    ("fixed", "Fixed: after so much silence"),
                    ("provider", "Provider: when the recogniser says so"),
                ),
            ),
            Field(
                ("flow", "endpointing", "silence_ms"),
                "Silence",
                "What fixed waits, and the least that adaptive waits.",
                Kind.NUMBER,
                unit="ms",
            ),
            Field(
                ("flow", "endpointing", "max_silence_ms"),
                "Longest silence",
                "The most that adaptive waits.",
                Kind.NUMBER,
                unit="ms",
            ),
            Field(
                ("flow", "response_delay", "generic_delay"),
                "Extra pause",
                "Before every answer.",
                Kind.NUMBER,
                unit="ms",
            ),
            Field(
                ("flow", "response_delay", "number_input_delay"),
                "Extra pause while a number is dictated",
                "",
                Kind.NUMBER,
                unit="ms",
            ),
            Field(
                ("flow", "speculation"),
                "Prepare answers early",
                "Begin an answer when the turn is probably over.",
                Kind.FLAG,
                default=True,
            ),
        ),
    ),
    Section(
        "Interruptions",
        (
            Field(("flow", "interruption", "allowed"), "The user may interrupt", "", Kind.FLAG, default=True),
            Field(("flow", "interruption", "first_messsage"), "The first message too", "", Kind.FLAG, default=True),
            Field(
                ("flow", "interruption", "keep_interruption_message"),
                "Remember what was cut off",
                "The model knows the part of its answer that was heard.",
                Kind.FLAG,
                default=True,
            ),
            Field(("flow", "interruption", "min_words"), "Words to interrupt", "Fewer do not. Empty: 1.", Kind.NUMBER),
            Field(
                ("flow", "interruption", "min_speech_ms"), "Speech to interrupt", "Empty: 250.", Kind.NUMBER, unit="ms"
            ),
            Field(
                ("flow", "interruption", "backchannels"),
                "Words that never interrupt",
                "As “mhm”, one a line, beside those of the language.",
                Kind.LINES,
            ),
            Field(
                ("flow", "interruption", "stop_words"),
                "Words that always interrupt",
                "As “stop”, one a line, beside those of the language.",
                Kind.LINES,
            ),
        ),
    ),
    Section(
        "Silence and waiting",
        (
            Field(
                ("flow", "auto_fill_responses", "response_gap_threshold"),
                "Bridge a slow answer after",
                "Empty: never.",
                Kind.NUMBER,
                unit="ms",
            ),
            Field(
                ("flow", "auto_fill_responses", "messages"),
                "Bridging words",
                "One a line, as “One moment.”",
                Kind.LINES,
            ),
            Field(
                ("flow", "inactivity_handling", "idle_time"),
                "Ask into a silence after",
                "Empty: never.",
                Kind.NUMBER,
                unit="seconds",
            ),
            Field(("flow", "inactivity_handling", "message"), "What it asks", "As “Are you still there?”"),
        ),
    ),
    Section(
        "End of the call",
        (
            Field(("flow", "agent_terminate_call", "enabled"), "The agent may hang up", "", Kind.FLAG),
            Field(
                ("flow", "agent_terminate_call", "instruction"), "When it does", "In words for the model.", Kind.LONG
            ),
            Field(("flow", "agent_terminate_call", "messages"), "Goodbyes", "One a line.", Kind.LINES),
            Field(("session_timeout", "max_duration"), "Longest call", "Empty: 1800.", Kind.NUMBER, unit="seconds"),
            Field(
                ("session_timeout", "max_idle"),
                "Longest silence before the end",
                "Empty: none.",
                Kind.NUMBER,
                unit="seconds",
            ),
            Field(("session_timeout", "message"), "Last words then", ""),
        ),
    ),
)

PHONE = (
    Section(
        "Transfer to a person",
        (
            Field(
                ("flow", "call_transfer", "phone"),
                "Number",
                "In international form, as +4930123456. Empty: no transfer.",
            ),
            Field(("flow", "call_transfer", "instruction"), "When it transfers", "In words for the model.", Kind.LONG),
            Field(("flow", "call_transfer", "messages"), "What it says before", "One a line.", Kind.LINES),
            Field(
                ("flow", "call_transfer", "phones"),
                "Several destinations",
                'As JSON: [{"phone": "+4930123456", "description": "sales"}].',
                Kind.JSON,
            ),
        ),
    ),
    Section(
        "When a machine answers a call that we place",
        (
            Field(
                ("flow", "voicemail", "action"),
                "Action",
                "",
                Kind.CHOICE,
                (("", "Talk as with a person"), ("hangup", "Hang up"), ("message", "Leave a message after the beep")),
            ),
            Field(("flow", "voicemail", "message"), "Message", "", Kind.LONG),
            Field(
                ("flow", "voicemail", "continue_on_voice_activity"),
                "Go on when a person speaks after all",
                "",
                Kind.FLAG,
                default=True,
            ),
            Field(
                ("flow", "voicemail", "detection_phrases"),
                "Words of machines",
                "One a line, beside those that are known.",
                Kind.LINES,
            ),
        ),
    ),
    Section(
        "Keys of the telephone",
        (
            Field(
                ("flow", "dtmf_dial", "enabled"), "The agent may press keys", "For menus of the other end.", Kind.FLAG
            ),
            Field(("flow", "dtmf_dial", "instruction"), "When it does", "In words for the model.", Kind.LONG),
        ),
    ),
)
