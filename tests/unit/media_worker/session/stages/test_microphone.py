import pytest

from media_worker.session.stages.microphone import SILENT_S, TYPED_S, Microphone

OPENED, CLOSED = ["listen", "MicrophoneOpened"], ["let go", "MicrophoneClosed"]


class Heard(list[str]):
    """What a microphone makes happen."""

    def __init__(self) -> None:
        super().__init__()
        self.microphone = Microphone(
            lambda: self.append("listen"),
            lambda: self.append("let go"),
            lambda event: self.append(type(event).__name__),
        )


def test_it_opens_with_the_first_sound_and_once() -> None:
    heard = Heard()
    for now in (0.0, 0.02, 0.04):
        heard.microphone.heard(now)
    assert heard == OPENED


def test_it_closes_when_no_sound_comes_and_opens_again() -> None:
    heard = Heard()
    heard.microphone.heard(1.0)
    heard.microphone.look(1.0 + SILENT_S)
    assert heard == OPENED
    heard.microphone.look(1.01 + SILENT_S)
    heard.microphone.look(60.0)
    heard.microphone.heard(70.0)
    assert heard == OPENED + CLOSED + OPENED


@pytest.mark.parametrize(("typed_after_s", "news"), [(TYPED_S, []), (TYPED_S + 0.01, CLOSED)])
def test_typing_closes_it_unless_its_sound_goes_on(typed_after_s: float, news: list[str]) -> None:
    heard = Heard()
    heard.microphone.heard(0.0)
    heard.microphone.typed(typed_after_s)
    assert heard == OPENED + news


def test_one_that_was_never_used_is_not_closed() -> None:
    heard = Heard()
    heard.microphone.typed(5.0)
    heard.microphone.look(60.0)
    assert heard == []
