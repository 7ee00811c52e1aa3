"""What people complain about in comparable systems: each complaint has a test or a screenplay that would show it here.

The reports are issues and pull requests of the projects named. A complaint without a test says why it has none.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
SCENES = TESTS / "vectors/conversations"


@dataclass(frozen=True)
class Complaint:
    """What goes wrong elsewhere."""

    what: str
    reports: str
    shown_by: tuple[str, ...] = ()
    """Screenplays, by name, and tests, as file::test."""
    because: str = ""
    """Why nothing shows it."""


COMPLAINTS = (
    Complaint(
        "a noise or a cough interrupts the agent",
        "pipecat 3036, 1391, 984; livekit/agents 4039; livekit 4484",
        ("54-cough-resumes", "55-door-slam-no-pause", "56-phantom-vad-speaking", "63-babble-3s"),
    ),
    Complaint(
        "agreement interrupts the agent",
        "many pull requests on filters of yeah and okay",
        ("52-mm-hm-resumes-exact", "53-okay-resumes", "62-yeah-yeah-yeah-long", "64-czech-no-is-yes"),
    ),
    Complaint(
        "a phantom of the VAD cancels the running reply and the agent stays silent",
        "pipecat 4308; livekit/agents 1229",
        ("57-phantom-vad-thinking", "58-phantom-vad-deciding"),
    ),
    Complaint(
        "after a false interruption the agent speaks between the end of the words and their text",
        "livekit/agents 6714",
        ("69-resume-waits-for-final",),
    ),
    Complaint(
        "a soft voice is not heard at all",
        "pipecat 984",
        ("46-final-without-vad", "157-soft-words-over-the-agent", "147-vad-hears-him-late"),
    ),
    Complaint(
        "a final text that comes late is lost",
        "pipecat 4279",
        ("44-late-final-after-empty-turn", "43-late-final-new-question", "40-late-final-same-words"),
    ),
    Complaint("a vendor without final texts is never answered", "pipecat 3988", ("47-interim-only-vendor",)),
    Complaint(
        "an empty turn stalls the call or stops its idle timer",
        "pipecat 5240, 4343, 5005",
        ("48-empty-final", "107-inactivity-after-empty-turn", "34-vad-stuck-no-words"),
    ),
    Complaint(
        "every turn waits for a fixed silence",
        "livekit/agents 3685, 4009, 2493, 4053; livekit 4050; pipecat 1694, 1695, 3280, 3701",
        ("12-true-end-not-vad-edge", "16-adaptive-learns-fast-caller", "19-grammar-complete-250", "86-spec-promoted"),
    ),
    Complaint(
        "the agent interrupts itself by its own echo",
        "pipecat 188, 670, 1626, 1771, 4509; livekit/agents 315; vocode 16",
        ("145-echo-while-a-final-is-awaited", "unit/media_worker/conversation/words/test_echo_text.py"),
    ),
    Complaint(
        "the idle timer runs while the agent can still be heard",
        "pipecat 2741; bolna 936, 962",
        ("105-inactivity-counts-from-mark", "106-inactivity-not-during-tool"),
    ),
    Complaint(
        "a session never ends",
        "pipecat 3179, 3269; livekit/agents 3637, 780",
        (
            "112-max-duration-mid-sentence",
            "109-max-idle-not-reset-by-noise",
            "137-tts-starves-1s",
            "unit/media_worker/conversation/test_machine_properties.py::"
            "test_silence_leads_to_idle_or_to_a_reply_that_is_owed",
        ),
    ),
    Complaint(
        "a peer that no longer reads freezes the call",
        "pipecat 4528; bolna 970",
        ("unit/media_worker/transports/test_millis.py::test_a_peer_that_does_not_read_is_given_up_and_never_blocks",),
    ),
    Complaint(
        "a provider's connection drops and the agent is deaf or dumb from then on",
        "livekit/agents 4609, 6429, 6467; deepgram-js 448",
        (
            "unit/media_worker/session/test_faults.py::"
            "test_a_recogniser_that_dies_in_the_middle_of_a_turn_costs_no_word_and_there_is_one_reply",
            "unit/media_worker/session/test_faults.py::test_another_voice_says_the_rest",
            "integration/test_speech_pool.py::test_a_killed_process_fails_its_streams_at_once_and_the_next_one_works",
        ),
    ),
    Complaint(
        "a function that was interrupted is run again",
        "livekit/agents 3702",
        ("97-tool-interrupted-mutation-finishes", "102-late-tool-result-stale-turn"),
    ),
    Complaint(
        "a reply that was held before its first sound vanishes from the history",
        "livekit/agents 5038",
        ("57-phantom-vad-thinking", "76-hold-outlives-synthesis"),
    ),
    Complaint(
        "the outcome of a call is lost with its process",
        "livekit/agents 4152, 4392, 1581; agents-js 896, 2375; jambonz-feature-server 412",
        (
            "unit/media_worker/session/test_driver.py::test_the_end_is_announced_even_when_the_queue_fails_for_a_while",
            "unit/call_events/test_call_events.py::test_a_call_whose_worker_died_is_ended_with_what_is_known",
            "e2e/test_stack.py::test_everything_survives_kill_9",
        ),
    ),
    Complaint(
        "a deployment kills the calls",
        "livekit-examples/agent-deployment 20; livekit/agents 3020, 4268; agents-js 275",
        (
            "unit/media_worker/session/test_session_supervisor.py::"
            "test_draining_takes_no_new_session_and_ends_the_old_ones_after_a_while",
            "e2e/test_stack.py::test_ctrl_c_lets_a_call_say_goodbye",
        ),
    ),
    Complaint(
        "keys of the telephone are ignored",
        "pipecat 4436, 5097; livekit/sip 268; dograh 565",
        ("117-dtmf-digits-collected", "118-dtmf-hash-ends", "119-dtmf-cuts-agent", "146-key-while-paused"),
    ),
    Complaint(
        "the same request acts twice",
        "elizaOS 22382, 22384, 31768; openclaw 29862",
        (
            "contract/ports/test_idempotency_store.py::test_one_of_many_threads_takes_a_key",
            "unit/call_events/test_call_events.py::test_the_same_end_twice_changes_nothing_and_leaves_no_message",
        ),
    ),
    Complaint(
        "a worker carries only a handful of calls",
        "livekit/agents 4483, 1166, 979; pipecat 764",
        ("e2e/test_twenty_sessions.py::test_twenty_sessions_play_without_a_gap",),
    ),
    Complaint(
        "memory grows with every call",
        "pipecat 3750, 3116; livekit/agents 2166, 1186; agents-js 927; livekit 4894; vocode 741",
        (
            "contract/ports/test_blob_store.py::test_a_long_file_is_written_in_little_memory",
            "contract/ports/worker/test_stt.py::test_streams_are_freed_when_they_are_left",
        ),
    ),
    Complaint(
        "the media road ends after fifteen minutes of a function",
        "sample-serverless-nova-sonic-chat 4",
        ("contract/shape/test_imports.py::test_a_function_loads_nothing_of_the_worker",),
    ),
    Complaint(
        "the socket of a telephone call closes and the call stays up",
        "pipecat 728, 1511, 2145, 5135; dograh 627",
        because="there is no telephony yet",
    ),
    Complaint(
        "people are taken for a voicemail, and the other way round",
        "livekit/sip 117, 403; livekit/agents 3643, 6125; dograh 777; bolna 992",
        because="there are no outbound calls yet",
    ),
    Complaint(
        "WebRTC fails behind NAT or in a container",
        "pipecat 1808, 2426, 1570; dograh 147; pipecat-esp32 12; aiortc 1155, 505",
        (
            "integration/test_webrtc_calls.py::test_the_public_address_stands_in_the_answer",
            "integration/test_webrtc_calls.py::test_calls_keep_to_their_ports_and_are_refused_when_all_are_taken",
            "integration/test_webrtc_calls.py::test_a_client_without_candidates_is_found_by_its_own_checks",
        ),
    ),
    Complaint(
        "a speech-to-speech session ends after eight minutes",
        "livekit/agents 3472; amazon-nova-samples 147; sample-sonic-cdk-agent 31; pipecat 4015",
        because="speech-to-speech models are not used",
    ),
    Complaint(
        "a burstable host is throttled and the call falls silent",
        "pipecat-ai/docs 1330",
        because="a property of the host, not of the program",
    ),
)


@pytest.mark.parametrize("complaint", COMPLAINTS, ids=lambda complaint: complaint.what.replace(" ", "-"))
def test_each_complaint_is_shown_or_has_a_reason(complaint: Complaint) -> None:
    assert complaint.reports
    assert bool(complaint.shown_by) != bool(complaint.because)
    for shown in complaint.shown_by:
        file, _, test = shown.partition("::")
        path = SCENES / f"{file}.txt" if re.match(r"\d", file) else TESTS / file
        assert path.exists(), f"{shown} is not there any more"
        assert not test or f"def {test}(" in path.read_text(), f"{shown} is not there any more"
