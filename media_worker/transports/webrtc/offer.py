"""An offer of WebRTC (RFC 8866, 9143, 9429): what of it we take, and the answer as its client needs it.

We take one section of audio and one of data, over one transport. Everything else is refused in the answer with port 0,
which the library behind us cannot do; it is given an offer without it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callcore.errors import InvalidInput
from media_worker.transports.webrtc.candidates import MAX_CANDIDATES

MAX_SECTIONS = 32
_TRANSPORT_LINES = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:")
"""Those that a bundled section may leave to another one (RFC 9143 7.1.3)."""
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


@dataclass(frozen=True)
class _Section:
    lines: tuple[str, ...]

    @property
    def media(self) -> list[str]:
        """Of `m=`: kind, port, protocol and formats."""
        return self.lines[0][2:].split()

    @property
    def kind(self) -> str:
        return self.media[0]

    @property
    def mid(self) -> str:
        return next((line[6:].strip() for line in self.lines if line.startswith("a=mid:")), "")

    @property
    def is_dead(self) -> bool:
        """RFC 9143 7.1.3: with `bundle-only` port 0 does not mean that it is refused."""
        return self.media[1] == "0" and "a=bundle-only" not in self.lines

    def has(self, start: str) -> bool:
        return any(line.startswith(start) for line in self.lines)

    def refusal(self) -> tuple[str, ...]:
        """RFC 3264 6: a stream is rejected with port 0, and formats that mean nothing."""
        kind, _, protocol, *formats = self.media
        mid = (f"a=mid:{self.mid}",) if self.mid else ()
        return (f"m={kind} 0 {protocol} {' '.join(formats[:1]) or '0'}", "c=IN IP4 0.0.0.0", "a=inactive", *mid)


@dataclass(frozen=True)
class Offer:
    """An offer that can be answered. Made by `read_offer`."""

    sdp: str
    """What the library answers: its audio first, and a section of data if there is one."""
    sends_audio: bool
    takes_audio: bool
    has_data: bool
    refusals: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """The sections that the answer refuses, by their place."""
    order: tuple[str, ...] = ()
    """The mids of what is taken, as the offer has them."""
    ufrag: str = ""
    """The peer's, until it offers anew."""

    def complete(self, answer: str) -> str:
        """The library's answer with a section for every one of the offer, in the offer's order."""
        session, sections = _split(answer)
        taken = sorted(sections, key=lambda section: self.order.index(section.mid) if section.mid in self.order else 0)
        lines = [section.lines for section in taken]
        for place, refusal in self.refusals:
            lines.insert(place, refusal)
        return _text(session, *lines)


def read_offer(sdp: str, is_tried: Callable[[str], bool] = lambda candidate: True) -> Offer:
    """An offer whose candidates are those that `is_tried` wants, and at most MAX_CANDIDATES.

    Raises InvalidInput, with what is wrong, for what is no offer that we can answer.
    """
    session, sections = _split(sdp)
    if not session or session[0] != "v=0":
        raise InvalidInput("offer.sdp is no session description: it does not begin with v=0")
    if len(sections) > MAX_SECTIONS:
        raise InvalidInput(f"offer.sdp has more than {MAX_SECTIONS} sections")
    if any(len(section.media) < 4 for section in sections):
        raise InvalidInput("offer.sdp has an m= line without its four parts")
    audio = next((one for one in sections if one.kind == "audio" and not one.is_dead), None)
    if audio is None:
        raise InvalidInput("offer.sdp has no audio: an agent needs an m=audio section")
    data = _data(session, sections, audio)
    tagged = _tagged(session, sections) or audio
    kept = [_with_transport(one, tagged, session, is_tried) for one in (audio, data) if one is not None]
    direction = _direction(session, audio)
    return Offer(
        sdp="".join(
            f"{line}\r\n" for part in (_session_of(session, kept), *(one.lines for one in kept)) for line in part
        ),
        sends_audio=direction in ("sendrecv", "sendonly"),
        takes_audio=direction in ("sendrecv", "recvonly"),
        has_data=data is not None,
        refusals=tuple((place, one.refusal()) for place, one in enumerate(sections) if one not in (audio, data)),
        order=tuple(one.mid for one in sections if one in (audio, data)),
        ufrag=_ufrag(kept[0].lines, session),
    )


def _split(sdp: str) -> tuple[tuple[str, ...], list[_Section]]:
    parts: list[list[str]] = [[]]
    for line in re.split(r"\r?\n", sdp):
        if line.startswith("m="):
            parts.append([])
        if line:
            parts[-1].append(line)
    return tuple(parts[0]), [_Section(tuple(part)) for part in parts[1:]]


def _text(*parts: Sequence[str]) -> str:
    return "".join(f"{line}\r\n" for part in parts for line in part)


def _bundle(session: Sequence[str]) -> list[str]:
    return next((line.split()[1:] for line in session if line.startswith("a=group:BUNDLE")), [])


def _data(session: Sequence[str], sections: Sequence[_Section], audio: _Section) -> _Section | None:
    """The channel for messages, when it shares the audio's transport."""
    bundled = _bundle(session)
    return next(
        (
            one
            for one in sections
            if one.kind == "application" and "DTLS/SCTP" in one.media[2] and not one.is_dead
            if {one.mid, audio.mid} <= set(bundled)
        ),
        None,
    )


def _tagged(session: Sequence[str], sections: Sequence[_Section]) -> _Section | None:
    """RFC 9143 7.2: the first of the group says for all of it where it is reached."""
    first = next(iter(_bundle(session)), None)
    return next((one for one in sections if one.mid == first), None)


def _with_transport(
    section: _Section, tagged: _Section, session: Sequence[str], is_tried: Callable[[str], bool]
) -> _Section:
    """The section with what it leaves to others, without what ends the list of candidates: more may be found."""
    lines = [line for line in section.lines if not line.startswith(("a=end-of-candidates", "a=candidate:"))]
    if section.kind == "audio":  # it carries the other one
        candidates = [line for one in (section, tagged) for line in one.lines if line.startswith("a=candidate:")]
        lines += [line for line in dict.fromkeys(candidates) if is_tried(line[2:])][:MAX_CANDIDATES]
    for start in _TRANSPORT_LINES:
        if section.has(start) or any(line.startswith(start) for line in session):
            continue
        borrowed = [line for line in tagged.lines if line.startswith(start)]
        if not borrowed and start != "a=setup:":
            raise InvalidInput(f"offer.sdp lacks {start.removesuffix(':')}: it is no offer of WebRTC")
        lines += borrowed
    if section.kind == "audio" and "a=rtcp-mux" not in lines:
        raise InvalidInput("offer.sdp lacks a=rtcp-mux, without which WebRTC does not go (RFC 8834 4.5)")
    return _Section(tuple(lines))


def _session_of(session: Sequence[str], kept: Sequence[_Section]) -> list[str]:
    """The session's lines, with a group of what is taken only; the audio's transport carries it."""
    lines = [line for line in session if not line.startswith("a=group:BUNDLE")]
    mids = [one.mid for one in kept if one.mid in _bundle(session)]
    return [*lines, f"a=group:BUNDLE {' '.join(mids)}"] if mids else lines


def _ufrag(audio: Sequence[str], session: Sequence[str]) -> str:
    start = "a=ice-ufrag:"
    return next(line.removeprefix(start).strip() for line in (*audio, *session) if line.startswith(start))


def _direction(session: Sequence[str], audio: _Section) -> str:
    """RFC 8866 6.7: the section's own, else the session's, else both ways."""
    for lines in (audio.lines, session):
        found = next((name for name in _DIRECTIONS if f"a={name}" in lines), None)
        if found == "inactive":
            raise InvalidInput("offer.sdp has inactive audio: nobody could hear anybody")
        if found is not None:
            return found
    return "sendrecv"
