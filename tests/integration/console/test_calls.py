"""Calls are found, heard, read and managed."""

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from callcore.billing.allowance import RunningCall
from callcore.calls.call import CallStatus, Checkpoint
from callcore.deliveries.delivery import DeliveryState, delivery_id_of
from callcore.errors import NotFound
from callcore.ids import SessionId
from callcore.wire.jobs import Terminate
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from playground.pages import calls as calls_page
from playground.pages.calls import PAGE_CALLS
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console import recorded
from tests.integration.console.browser import Browser, Page
from tests.integration.console.conftest import Told

LIVE: dict[str, Any] = {"status": CallStatus.IN_PROGRESS, "duration_s": None, "chat": None, "call_metrics": None}
LIVE |= {"cost_breakdown": (), "function_calls": ()}
STORED_XSS = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{7*7}}"


def listed(page: Page) -> list[str]:
    links = sorted(page.paths(), key=lambda path: page.html.index(f'"{path}"'))
    return [path.removeprefix("/console/calls/") for path in links if path.startswith("/console/calls/")]


def test_without_calls_the_page_says_what_will_stand_there(ann: Browser) -> None:
    page = ann.open("/calls")
    assert page.status == 200
    assert "No calls yet" in page.text


def test_calls_are_listed_newest_first_and_page_by_page(ann: Browser, stores: SqliteStores) -> None:
    recorded.agents(stores)
    for number in range(PAGE_CALLS + 2):
        recorded.keep(stores, recorded.call(f"s-{number:02}", recorded.BEGAN_S + number))
    first = ann.open("/calls")
    assert listed(first) == [f"s-{number:02}" for number in range(PAGE_CALLS + 1, 1, -1)]
    assert "Trattoria Lucia" in first.text
    (older,) = [part.split('"')[0] for part in first.html.split('href="/console')[1:] if part.startswith("/calls?")]
    assert listed(ann.open(unescape(older))) == ["s-01", "s-00"]


FOUND = [
    ("agent=-Support00000000000B", ["s-2"]),
    ("outcome=error", ["s-1"]),
    ("q=%2B49301234567", ["s-2"]),
    ("q=s-1", ["s-1"]),
    ("q=c-s-1", ["s-1"]),
    ("q=TERRACE+dogs", ["s-2", "s-1"]),
    ("q=C-4711", ["s-2", "s-1"]),
    ("q=book_table", ["s-2", "s-1"]),
    ("q=nobody+said+this", []),
    ("first=2027-01-15&last=2027-01-15", ["s-1"]),
    ("first=2027-01-16", ["s-2"]),
    ("last=2027-01-14", []),
    ("q=&agent=&outcome=&first=&last=", ["s-2", "s-1"]),
]


def test_filters_and_words_leave_the_others_out(ann: Browser, stores: SqliteStores) -> None:
    recorded.keep(stores, recorded.call("s-1", status=CallStatus.ERROR))
    other = {"agent_id": recorded.SUPPORT, "voip": {"from": "+49301234567", "to": "+15550100"}}
    recorded.keep(stores, recorded.call("s-2", recorded.BEGAN_S + 86_400, **other))
    for query, expected in FOUND:
        assert listed(ann.open(f"/calls?{query}")) == expected, query


def test_a_search_that_has_not_come_to_the_end_goes_on(
    ann: Browser, stores: SqliteStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_page, "LOOKED_THROUGH", 50)
    for number in range(120):
        said: list[dict[str, Any]] = [{"role": "user", "content": "Calypso" if number in (3, 90) else "Hello"}]
        recorded.keep(stores, recorded.call(f"s-{number}", recorded.BEGAN_S + number, chat=said))
    first = ann.open("/calls?q=calypso")
    assert listed(first) == ["s-90"]
    assert "Searched 50 calls, back to" in first.text
    onward, deeply = (unescape(path) for path in re.findall(r'href="/console(/calls\?q=[^"]+)"', first.html))
    assert "Searched 50 calls" in ann.open(onward).text
    last = ann.open(deeply)
    assert listed(last) == ["s-3"]
    assert "that is all of them" in last.text


def test_a_query_that_cannot_be_read_is_a_page_that_says_so(ann: Browser) -> None:
    for query in ("first=yesterday", "outcome=fine", "before=nan", "before=x", f"q={'x' * 201}"):
        page = ann.open(f"/calls?{query}")
        assert page.status == 400
        assert "cannot be read" in page.text


def test_a_call_is_shown_with_all_that_is_known_of_it(
    ann: Browser, stores: SqliteStores, blobs: FilesBlobStore
) -> None:
    recorded.agents(stores)
    kept = recorded.keep(stores, recorded.record(blobs, recorded.call()))
    recorded.deliveries(stores, kept)
    page = ann.open("/calls/s-table")
    assert page.status == 200
    for said in recorded.CHAT:
        if said["role"] != "tool":
            assert said["content"] in unescape(page.html)
    for seen in ("book_table", '"party": 2', "Caller hung up", "C-4711", "visitor-supplied", "Given up", "Delivered"):
        assert seen in unescape(page.html)
    assert page.text.count("visitor-supplied") == 3, "of two names, and once in words"
    assert "$0.0217" in page.text
    assert 'data-start="4700" data-end="7600"' in page.html
    assert "1,290 ms" in page.text


def test_a_live_call_is_shown_as_far_as_it_has_come(ann: Browser, stores: SqliteStores, clock: ManualClock) -> None:
    recorded.keep(stores, recorded.call("s-live", clock.now_s - 65, **LIVE))
    stores.running_calls.hold(RunningCall(rows.ANN, SessionId("s-live"), "", clock.now_s, clock.now_s + 90))
    assert "1 live now" in ann.open("/calls").text
    assert "Nothing was said yet" in ann.open("/calls/s-live").text
    stores.checkpoints.save_checkpoint(
        Checkpoint(SessionId("s-live"), clock.now_s, recorded.CHAT[:2], 10, recorded.METRICS)
    )
    page = ann.open("/calls/s-live")
    assert "do you have a table" in page.text
    assert "1:05" in page.text
    assert "End the call" in page.text
    assert "Delete" not in page.text


def test_a_live_call_is_ended(ann: Browser, stores: SqliteStores, told: Told) -> None:
    recorded.keep(stores, recorded.call("s-live", **LIVE))
    page = ann.send(ann.open("/calls/s-live"), "/calls/s-live/end")
    assert "was told to end" in page.text
    assert told.commands == [(rows.ANN, "s-live", Terminate())]


def test_what_was_not_kept_is_not_shown(ann: Browser, stores: SqliteStores) -> None:
    private = {"privacy_settings": {"opt_out_data_collection": True}}
    said: dict[str, Any] = {
        "agent_config": private,
        "chat": None,
        "metadata": {},
        "function_calls": (),
        "call_metrics": None,
    }
    recorded.keep(stores, recorded.call("s-private", **said))
    assert "nothing that was said was kept" in ann.open("/calls/s-private").text


def test_a_call_is_deleted_with_its_sound(ann: Browser, stores: SqliteStores, blobs: FilesBlobStore) -> None:
    kept = recorded.keep(stores, recorded.record(blobs, recorded.call()))
    page = ann.send(ann.open("/calls/s-table"), "/calls/s-table/delete")
    assert (page.path, "The call was deleted" in page.text) == ("/console/calls", True)
    assert ann.open("/calls/s-table").status == 404
    with pytest.raises(NotFound):
        blobs.open((kept.recording or {})["stereo"])


def test_a_webhook_is_sent_again(ann: Browser, stores: SqliteStores) -> None:
    kept = recorded.keep(stores, recorded.call())
    recorded.deliveries(stores, kept)
    page = ann.open("/calls/s-table")
    form = next(line for line in page.html.split("<form") if delivery_id_of(kept.session_id) in line)
    proof = form.split('name="proof" value="')[1].split('"')[0]
    fields = [("proof", proof), ("delivery", delivery_id_of(kept.session_id))]
    assert "being sent again" in ann.post("/console/calls/s-table/replay", fields).text
    found = stores.delivery_log.find_delivery(rows.ANN, delivery_id_of(kept.session_id))
    assert found.state is DeliveryState.PENDING
    for delivery in ("", "call.ended:s-none"):
        assert ann.post("/console/calls/s-table/replay", [("proof", proof), ("delivery", delivery)]).status == 404


def test_a_webhook_is_sent_again_from_its_own_call_only(ann: Browser, stores: SqliteStores) -> None:
    recorded.deliveries(stores, recorded.keep(stores, recorded.call("s-1")))
    recorded.deliveries(stores, recorded.keep(stores, recorded.call("s-2", recorded.BEGAN_S + 1)))
    proof = ann.open("/calls/s-1").html.split('/calls/s-1/replay">')[1].split('value="')[1].split('"')[0]
    fields = [("proof", proof), ("delivery", delivery_id_of(SessionId("s-2")))]
    assert ann.post("/console/calls/s-1/replay", fields).status == 409


def test_the_sound_is_sent_whole_and_in_parts(ann: Browser, stores: SqliteStores, blobs: FilesBlobStore) -> None:
    kept = recorded.keep(stores, recorded.record(blobs, recorded.call()))
    size = blobs.open((kept.recording or {})["stereo"]).size_bytes
    whole = ann.open("/calls/s-table/stereo.wav")
    assert (whole.status, len(whole.response.content)) == (200, size)
    part = ann.open("/calls/s-table/stereo.wav", range="bytes=0-43")
    assert (part.status, part.response.content[:4]) == (206, b"RIFF")
    assert part.response.headers["content-range"] == f"bytes 0-43/{size}"
    assert ann.open("/calls/s-table/stereo.wav", range=f"bytes={size}-").status == 416
    assert ann.open("/calls/s-table/mixed.wav").response.headers["content-type"] == "audio/wav"
    assert ann.open("/calls/s-table/other.wav").status == 400


def test_the_sound_is_drawn(ann: Browser, stores: SqliteStores, blobs: FilesBlobStore) -> None:
    recorded.keep(stores, recorded.record(blobs, recorded.call()))
    drawn = ann.open("/calls/s-table/waveform.svg")
    assert drawn.response.headers["content-type"] == "image/svg+xml"
    assert 'data-seconds="25.000"' in drawn.html
    assert drawn.html.count("<path") == 2


def test_a_call_without_sound_has_none(ann: Browser, stores: SqliteStores) -> None:
    recorded.keep(stores, recorded.call())
    assert "data-player" not in ann.open("/calls/s-table").html
    for path in ("stereo.wav", "mixed.wav", "waveform.svg"):
        assert ann.open(f"/calls/s-table/{path}").status == 404


def test_the_transcript_is_downloaded(ann: Browser, stores: SqliteStores) -> None:
    recorded.keep(stores, recorded.call())
    reply = ann.open("/calls/s-table/transcript.json").response
    assert reply.headers["content-disposition"] == 'attachment; filename="call-s-table.json"'
    assert json.loads(reply.content)["chat"] == recorded.CHAT


def test_another_accounts_call_is_not_there(ann: Browser, stores: SqliteStores) -> None:
    recorded.keep(stores, replace(recorded.call("s-bob"), account_id=rows.BOB))
    for path in ("", "/stereo.wav", "/waveform.svg", "/transcript.json"):
        assert ann.open(f"/calls/s-bob{path}").status == 404


def test_nothing_that_a_caller_or_a_server_wrote_becomes_part_of_the_page(ann: Browser, stores: SqliteStores) -> None:
    bad = STORED_XSS
    function = {"id": bad, "function": {"name": bad, "arguments": bad}}
    chat = [
        {"role": "user", "content": bad},
        {"role": "assistant", "content": bad, "tool_calls": [function]},
        {"role": "tool", "tool_call_id": bad, "name": bad, "content": bad},
    ]
    kept = recorded.keep(
        stores,
        recorded.call(
            chat=chat,
            metadata={bad: bad, "deep": {bad: [bad]}},
            visitor_names=(bad,),
            error_message=bad,
            notes=(bad,),
            voip={"from": bad, "to": bad, bad: bad},
            cost_breakdown=({"type": bad, "provider": bad, "model": bad, "rate": bad, "unit": bad, "credit": 1},),
            function_calls=({"name": bad, "params": {bad: bad}, "result": bad, "run_after_call": True},),
        ),
    )
    agent = stores.agents
    recorded.agents(stores)
    agent.put_agent(replace(agent.get_agent(rows.ANN, recorded.DESK), name=bad))
    recorded.deliveries(stores, kept)
    delivery = stores.delivery_log.find_delivery(rows.ANN, delivery_id_of(kept.session_id))
    tried = tuple(replace(attempt, outcome=bad) for attempt in delivery.attempts)
    stores.deliveries.put_delivery(replace(delivery, attempts=tried, result=bad))
    for path in ("/calls", "/calls/s-table", f"/calls?agent={bad.split('&')[0]}&q={bad.split('&')[0]}"):
        page = ann.open(path)
        assert page.status == 200
        assert "<script>alert" not in page.html
        assert "<img src=x" not in page.html
        assert "49" not in page.html.replace("{{7*7}}", "").split("alert(1)")[1][:40]
