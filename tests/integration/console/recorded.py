"""Calls as they really look, for the pages that show them."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callcore.agents.agent import Agent
from callcore.blobs import recording_key
from callcore.calls.after_call import function_delivery_id
from callcore.calls.call import Call, CallStatus
from callcore.deliveries.delivery import Attempt, DeliveryState, WebhookDelivery, delivery_id_of
from callcore.ids import AgentId, CallId, SessionId
from callcore.ports import BlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.media.wav import stereo, wav_header
from tests.contract.ports import rows

DESK, SUPPORT = AgentId("-Front0000000000000A"), AgentId("-Support00000000000B")
BEGAN_S = 1_800_000_000.0
RATE_HZ = 8_000
CONFIG = {
    "session_data_webhook": "https://hooks.example.com/end",
    "tools": [{"name": "send_summary", "webhook": "https://hooks.example.com/sum", "run_after_call": True}],
}
TOOL_CALL = {
    "id": "t1",
    "type": "function",
    "function": {"name": "book_table", "arguments": '{"party": 2, "at": "19:00"}'},
}
CHAT: list[dict[str, Any]] = [
    {"role": "assistant", "content": "Good evening, this is Trattoria Lucia. How can I help you?"},
    {"role": "user", "content": "Hi, do you have a table for two at seven tonight?"},
    {"role": "assistant", "content": "Let me look.", "tool_calls": [TOOL_CALL]},
    {"role": "tool", "tool_call_id": "t1", "name": "book_table", "content": '{"booked": true, "table": 7}'},
    {"role": "assistant", "content": "Yes, I have booked a table by the window for two, at seven."},
    {"role": "user", "content": "Lovely. Can we bring our dog?"},
    {"role": "assistant", "content": "Of course, dogs are welcome on the terrace and at the window."},
    {"role": "user", "content": "Great, thank you, bye!"},
    {"role": "assistant", "content": "See you at seven. Goodbye!"},
]
SPOKEN = [
    (0, 600, 3_900),
    (1, 4_700, 7_600),
    (2, 8_400, 9_100),
    (4, 10_300, 13_800),
    (5, 14_500, 16_300),
    (6, 17_000, 20_400),
    (7, 21_000, 22_500),
    (8, 23_100, 24_900),
]
_FIGURES = [(520, 180, 160), (480, 620, 150), (500, 240, 210), (450, 130, 140)]
METRICS: dict[str, Any] = {
    "utterance_latency": {"avg": 903, "p50": 840, "p95": 1_290},
    "turns": [
        {
            "turn_id": number,
            "endpointing_delay": waited,
            "llm_ttft": model - 40,
            "first_segment": model,
            "tts_ttfb": voice,
            "first_audio": waited + model + voice + 20,
            "transcription_delay": 90,
            "endpointing_wait": 400,
        }
        for number, (waited, model, voice) in enumerate(_FIGURES, 1)
    ],
    "holds": [],
    "spoken": [{"message": message, "start_ms": start, "end_ms": end} for message, start, end in SPOKEN],
}


def cost(kind: str, service: str, credit: float, used: tuple[float, str], rate: str) -> dict[str, Any]:
    provider, _, model = service.partition(" ")
    basis = used[1] if rate else "unpriced"
    said = {"type": kind, "provider": provider, "credit": credit, "model": model, "rate": rate, "basis": basis}
    return said | {"quantity": used[0], "unit": used[1]}


COSTS = (
    cost("millis", "web", 0.84, (0.42, "minutes"), "0.02/min"),
    cost("llm", "openai gpt-6-luna", 0.31, (1840.0, "tokens"), "0.5 in and 2 out/1000000"),
    cost("tts", "cartesia sonic-3", 1.02, (312.0, "characters"), "0.033/1000"),
    cost("stt", "own", 0.0, (0.13, "minutes"), ""),
)
BOOKED = {"name": "book_table", "params": {"party": 2, "at": "19:00"}, "result": "{}", "run_after_call": False}


def call(name: str = "s-table", began_s: float = BEGAN_S, **said: Any) -> Call:
    """A call that has ended well."""
    session = SessionId(name)
    return replace(
        Call(
            session_id=session,
            call_id=CallId(f"c-{name}"),
            account_id=rows.ANN,
            status=CallStatus.USER_ENDED,
            started_at=began_s,
            agent_id=DESK,
            agent_config=CONFIG,
            metadata={"userName": "Ann Miller", "page": "/reserve", "customer": "C-4711"},
            visitor_names=("page", "userName"),
            duration_s=25,
            chat=CHAT,
            chars_used=312,
            function_calls=(
                BOOKED,
                {
                    "name": "send_summary",
                    "params": {"to": "desk@example.com"},
                    "result": "",
                    "run_after_call": True,
                    "delivery_id": function_delivery_id(session, "send_summary", 1),
                },
            ),
            cost_breakdown=COSTS,
            call_metrics=METRICS,
            opened_by="0123456789abcdef",
        ),
        **said,
    )


def keep(stores: SqliteStores, kept: Call) -> Call:
    """Store the call, as its worker would; one that has ended is counted."""
    if kept.status is CallStatus.IN_PROGRESS:
        stores.calls.begin_call(kept)
        return kept
    stores.calls.begin_call(replace(kept, status=CallStatus.IN_PROGRESS))
    stores.calls.finish_call(kept)
    return kept


def agents(stores: SqliteStores) -> None:
    """Those who answer."""
    stores.agents.put_agent(Agent(DESK, rows.ANN, "Trattoria Lucia", CONFIG, BEGAN_S - 90_000))
    stores.agents.put_agent(Agent(SUPPORT, rows.ANN, "Support", {}, BEGAN_S - 80_000))


def deliveries(stores: SqliteStores, of: Call, state: DeliveryState = DeliveryState.DEAD) -> None:
    """What was sent of the call."""
    end = of.started_at + (of.duration_s or 0)
    tried = (Attempt(end + 1, "503"), Attempt(end + 6, "no answer within 10 s"), Attempt(end + 36, "503"))
    ids: Mapping[str, tuple[DeliveryState, tuple[Attempt, ...], str]] = {
        delivery_id_of(of.session_id): (state, tried, ""),
        function_delivery_id(of.session_id, "send_summary", 1): (
            DeliveryState.DELIVERED,
            (Attempt(end + 1, "200"),),
            '{"sent": true}',
        ),
    }
    for delivery_id, (one_state, attempts, result) in ids.items():
        stores.deliveries.add_delivery(
            WebhookDelivery(
                delivery_id, of.account_id, of.session_id, end, end, one_state, attempts=attempts, result=result
            )
        )


def record(blobs: BlobStore, of: Call) -> Call:
    """The call with its sound: each side hums while it speaks."""
    total = round((of.duration_s or 1) * RATE_HZ)
    sides = [array("h", bytes(2 * total)) for _ in range(2)]
    for message, start_ms, end_ms in SPOKEN:
        side = sides[0 if CHAT[message]["role"] == "user" else 1]
        for place in range(start_ms * RATE_HZ // 1000, min(total, end_ms * RATE_HZ // 1000)):
            syllable = abs(math.sin(place / 1500)) * (0.6 + 0.4 * math.sin(place / 9000))
            side[place] = round(14_000 * syllable * math.sin(place / 4))
    keys = {}
    left, right = (side.tobytes() for side in sides)
    mixed = array("h", (a + b for a, b in zip(*sides, strict=True))).tobytes()
    for form, channels, body in (("stereo", 2, stereo(left, right)), ("mixed", 1, mixed)):
        keys[form] = recording_key(of.account_id, of.session_id, form)
        writer = blobs.create(keys[form], "audio/wav")
        writer.append(wav_header(RATE_HZ, channels, len(body)) + body)
        writer.finish(b"")
    return replace(of, recording=keys)
