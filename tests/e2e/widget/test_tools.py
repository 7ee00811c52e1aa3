"""What a visitor can do beside speaking: mute, choose the devices, type."""

from collections.abc import Callable

from tests.e2e.widget.conftest import OpenPage, Visit
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

PageUrl = Callable[..., str]


def element(pages: str, peer: MillisPeer, attributes: str) -> str:
    return (
        f'<script src="{pages}/embed.js"></script>'
        f'<parley-call agent-id="-Abc" public-key="KEY" media-url="{peer.url}" {attributes}></parley-call>'
    )


def until_sound(visited: Visit, call: PeerCall, *, heard: bool) -> None:
    """Wait until half a second has come that holds sound, or nothing but zeros: the microphone's rests are shorter."""
    visited.until(lambda: len(call.audio) >= 16_000 and any(call.audio[-16_000:]) is heard, f"sound: {heard}")


def test_a_muted_microphone_sends_zeros_until_the_end_of_its_call(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    visited = visit(page_url())
    mute = visited.page.get_by_role("button", name="Mute microphone")
    visited.press()
    visited.wait_for("running")
    assert mute.get_attribute("aria-pressed") == "false"
    until_sound(visited, peer.last, heard=True)
    mute.click()
    assert mute.get_attribute("aria-pressed") == "true"
    assert visited.page.get_by_text("Microphone muted").is_visible()
    until_sound(visited, peer.last, heard=False)
    mute.click()
    until_sound(visited, peer.last, heard=True)
    mute.click()
    visited.press()
    visited.wait_for("idle")
    assert mute.count() == 0
    visited.press()
    visited.wait_for("running")
    assert mute.get_attribute("aria-pressed") == "false"
    assert visited.complaints == []


def test_another_microphone_is_taken_in_mid_call_and_kept(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    visited = visit(page_url())
    visited.page.evaluate("""window.asked = [];
        const ask = navigator.mediaDevices.getUserMedia;
        navigator.mediaDevices.getUserMedia = (wishes) => {
            asked.push(wishes.audio.deviceId?.exact ?? wishes.audio.deviceId);
            return ask(wishes);
        };
        const named = (deviceId, label) => ({ kind: 'audioinput', deviceId, label });
        let real = [];
        const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
        navigator.mediaDevices.enumerateDevices = async () => {
            real = (await list()).filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default');
            return [named('default', 'The default'), named(real[0].deviceId, 'A headset')];
        };""")
    visited.press()
    visited.wait_for("running")
    settings = visited.page.get_by_role("button", name="Choose microphone and loudspeaker")
    settings.click()
    choice = visited.page.get_by_label("Microphone", exact=True)
    choice.get_by_text("A headset").wait_for(state="attached")
    assert choice.locator("option").all_inner_texts() == ["Default", "A headset"]
    assert choice.evaluate("(it) => it.getRootNode().activeElement === it")
    choice.select_option(label="A headset")
    visited.until_equal(visited.microphones, ["ended", "live"])
    before = len(peer.last.audio)
    visited.until(lambda: any(peer.last.audio[before:]), "the other one is heard")
    visited.page.keyboard.press("Escape")
    assert settings.get_attribute("aria-expanded") == "false"
    assert settings.evaluate("(it) => it.getRootNode().activeElement === it")
    visited.press()
    visited.press()
    visited.wait_for("running")
    first, *chosen = visited.page.evaluate("asked")
    assert first is None
    assert len(chosen) == 2
    assert chosen[0] == chosen[1]
    assert visited.complaints == []


def test_another_loudspeaker_speaks_in_mid_call_and_in_later_calls(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    visited = visit(page_url())
    visited.press()
    visited.wait_for("running")
    visited.page.get_by_role("button", name="Choose microphone and loudspeaker").click()
    choice = visited.page.get_by_label("Loudspeaker", exact=True)
    choice.select_option(index=1)
    chosen = choice.input_value()
    assert chosen not in ("", "default")
    sink = "window.contexts[0].sinkId"
    visited.until_equal(lambda: visited.page.evaluate(sink), chosen)
    visited.page.reload()
    visited.press()
    visited.wait_for("running")
    assert visited.page.evaluate(sink) == chosen
    visited.page.evaluate("localStorage.setItem('parley-devices', JSON.stringify({ audiooutput: 'unplugged' }))")
    visited.page.reload()
    visited.press()
    visited.wait_for("running")
    assert visited.page.evaluate(sink) == ""
    assert visited.complaints == []


def test_typing_begins_a_call_without_a_microphone_and_speaking_goes_on_in_it(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.say("onresponsetext", "Good morning", is_final=True)
        await call.hear(0.2)
        await call.play(bytes(32_000 * 30), paced=False)
        await call.closed.wait()

    peer.script = script
    visited = visit(other_site.page(element(pages, peer, "text-input")))
    visited.button.hover()
    field = visited.page.get_by_label("Type a message")
    field.fill(" when are you open? ")
    field.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    assert peer.calls == [], "the Enter of an input method chooses a word"
    field.press("Enter")
    visited.page.get_by_role("status").get_by_text("Connected, you can type").wait_for()
    visited.page.get_by_text("Good morning").wait_for()
    assert peer.last.initiate["voice"] is False
    typed = ("user_text", "when are you open?")
    visited.until_equal(lambda: peer.last.others, [typed])
    assert visited.microphones() == [], "no microphone is asked for"
    assert visited.page.get_by_role("button", name="Mute microphone").count() == 0
    field.fill("")
    visited.page.get_by_role("button", name="Send").click()
    speak = visited.page.get_by_role("button", name="Speak", exact=True)
    speak.click()
    visited.page.get_by_text("Agent speaking").wait_for()
    assert visited.microphones() == ["live"]
    field.fill("thanks")
    field.press("Enter")
    speak.click()
    visited.until_equal(visited.microphones, ["ended"])
    spoken = [("voice", True), ("user_text", "thanks"), ("voice", False)]
    visited.until_equal(lambda: peer.last.others, [typed, *spoken])
    assert len(peer.calls) == 1
    assert visited.page.get_by_text("Good morning").is_visible(), "the conversation is the same"
    assert visited.complaints == []


def test_who_has_no_microphone_goes_on_typing(visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site) -> None:
    headers = {"Permissions-Policy": "microphone=()"}
    visited = visit(other_site.page(element(pages, peer, "text-input"), headers=headers))
    field = visited.page.get_by_label("Type a message")
    field.fill("hello")
    field.press("Enter")
    visited.wait_for("running")
    visited.page.get_by_role("button", name="Speak", exact=True).click()
    assert "Permissions-Policy" in visited.problem()
    assert visited.state() == "running"
    field.fill("again")
    field.press("Enter")
    visited.until_equal(lambda: peer.last.others, [("user_text", "hello"), ("user_text", "again")])
