import pytest

from callcore.calls.latency import TurnLatency
from callcore.wire import client as wire
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.session.latency_meter import KEPT, LatencyMeter
from media_worker.session.report.session_report import MAX_ROWS, SessionReport
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, hold, plan

LATENCY = TurnLatency(500, 200, 250, 100, 900)


def commit(report: SessionReport, text: str, true_end: float, now: float) -> None:
    report.decided(do.CommitUser(text, true_end, 0.4), now)


def delays(report: SessionReport) -> list[int | None]:
    return [turn["transcription_delay"] for turn in report.metrics()["turns"]]


def test_a_turn_waits_for_its_final_text() -> None:
    report = SessionReport()
    report.happened(did.FinalHeard("book a table"), 10.0)
    report.happened(did.FinalHeard("for two"), 11.25)
    report.happened(did.FinalHeard(""), 11.5)
    commit(report, "book a table for two", 11.0, 11.6)
    report.answered(1, LATENCY)
    assert delays(report) == [250]


def test_a_turn_of_provisional_text_waited_for_no_final() -> None:
    report = SessionReport()
    report.happened(did.FinalHeard("hello"), 10.0)
    commit(report, "hello", 9.5, 10.0)
    report.answered(1, LATENCY)
    commit(report, "hello again", 20.0, 21.0)
    report.answered(2, LATENCY)
    report.happened(did.FinalHeard("something else"), 30.0)
    commit(report, "and what", 30.0, 31.0)
    report.answered(3, LATENCY)
    assert delays(report) == [500, None, None]


def test_a_hold_that_ends_well_and_one_that_is_an_interruption() -> None:
    report = SessionReport()
    report.happened(did.SpeechStarted(5.0), 5.1)
    report.decided(do.HoldPlayout(audible=True), 5.1)
    report.decided(do.ResumePlayout(audible=True), 5.6)
    report.happened(did.SpeechStarted(8.0), 8.12)
    report.decided(do.HoldPlayout(audible=True), 8.12)
    report.decided(do.CutReply(1, audible=True, keep=True), 8.5)
    assert report.metrics()["holds"] == [
        {"hold_onset": 100, "hold_duration": 500, "cut_latency": None},
        {"hold_onset": 120, "hold_duration": 380, "cut_latency": 500},
    ]


def test_a_call_on_hold_is_no_hold_of_the_agents_speech() -> None:
    report = SessionReport()
    report.happened(did.SpeechStarted(5.0), 5.1)
    report.decided(do.HoldPlayout(audible=True), 5.1)
    report.happened(did.PutOnHold(), 5.2)
    report.happened(did.TakenOffHold(), 95.2)
    report.decided(do.ResumePlayout(audible=True), 95.3)
    report.happened(did.PutOnHold(), 100.0)
    report.decided(do.HoldPlayout(audible=True), 100.0)
    report.happened(did.TakenOffHold(), 200.0)
    report.decided(do.ResumePlayout(audible=True), 200.0)
    assert report.metrics()["holds"] == []


def test_how_long_an_answer_waits_for_the_end_of_a_hold_is_no_latency() -> None:
    report = SessionReport()
    for turn_id in (1, 2, 3):
        report.decided(do.StartReply(turn_id), 10.0 * turn_id)
        if turn_id == 2:
            report.happened(did.PutOnHold(), 20.1)
            report.happened(did.TakenOffHold(), 29.0)
        report.answered(turn_id, LATENCY)
    assert [turn["turn_id"] for turn in report.metrics()["turns"]] == [1, 3]


def test_what_nobody_heard_is_no_hold() -> None:
    report = SessionReport()
    report.decided(do.HoldPlayout(audible=False), 1.0)
    report.decided(do.CutReply(1, audible=False, keep=True), 1.2)
    report.decided(do.CutReply(2, audible=True, keep=True), 1.4)
    assert report.metrics()["holds"] == []


def test_a_sound_without_a_known_onset_has_a_duration_alone() -> None:
    report = SessionReport()
    report.decided(do.HoldPlayout(audible=True), 1.0)
    report.decided(do.CutReply(1, audible=True, keep=True), 1.2)
    assert report.metrics()["holds"] == [{"hold_onset": None, "hold_duration": 200, "cut_latency": None}]


def test_the_newest_rows_are_kept() -> None:
    report = SessionReport()
    for turn_id in range(MAX_ROWS + 5):
        report.answered(turn_id, LATENCY)
    assert [turn["turn_id"] for turn in report.metrics()["turns"]] == list(range(5, MAX_ROWS + 5))


def test_the_meter_knows_the_last_answers_of_all_sessions() -> None:
    meter = LatencyMeter()
    assert meter.snapshot() is None
    meter.add([10_000])
    meter.add(range(KEPT))
    assert meter.snapshot() == {"p50": 499, "p95": 949, "turns": KEPT}


def test_the_client_is_told_what_it_waited_for_and_the_call_remembers() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 4.0)
        rig.leg.hang_up()

    slow = {"provider": "scripted", "replies": ["Fine. Good."], "ttft_ms": 200, "token_ms": 10}
    voice = {"provider": "scripted", "settings": {"first_audio_ms": 150}}
    rig, end = hold(plan(llm=slow, voice=voice, flow={"endpointing": {"mode": "fixed"}}), user)
    (metrics,) = [message for message in rig.leg.sent if isinstance(message, wire.OnMetrics)]
    assert metrics.turn_id == 1
    assert (metrics.llm_ttft, metrics.first_segment, metrics.tts_ttfb) == (200, 200, 150)
    assert metrics.endpointing_delay == pytest.approx(500, abs=30)
    assert metrics.first_audio == pytest.approx(850, abs=50)
    (turn,) = end.call_metrics["turns"]
    assert 0 <= turn.pop("transcription_delay") <= metrics.endpointing_delay
    assert turn.pop("endpointing_wait") == 500
    assert turn == vars(metrics)
    assert end.call_metrics["utterance_latency"]["avg"] == metrics.first_audio
    assert rig.memory.checkpoints[-1].call_metrics == end.call_metrics


def test_the_call_remembers_how_long_the_agent_was_held() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 1.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 3.0)
        rig.leg.hang_up()

    speech = {"provider": "scripted", "utterances": ["stop please"]}
    _, end = hold(plan(first_message="One two three four five six seven eight.", speech_to_text=speech), user)
    (held,) = end.call_metrics["holds"]
    assert 0 < held["hold_onset"] < held["cut_latency"]
    assert held["cut_latency"] == held["hold_onset"] + held["hold_duration"]
