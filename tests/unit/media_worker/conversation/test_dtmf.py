from media_worker.conversation.dtmf import INTER_DIGIT_S, MAX_KEYS, Keys


def pressed(keys: str) -> Keys:
    """These keys, one a second from the first second on."""
    collected = Keys()
    for second, key in enumerate(keys, start=1):
        collected = collected.press(key, float(second))
    return collected


def test_no_key_is_no_text() -> None:
    assert Keys().text == ""


def test_keys_are_one_input_until_none_follows() -> None:
    assert pressed("12*").text == "[DTMF] 12*"
    assert pressed("12*").due == 3 + INTER_DIGIT_S


def test_the_number_sign_completes_it_at_once() -> None:
    assert (pressed("12#").text, pressed("12#").due) == ("[DTMF] 12#", 3)
    assert pressed("12#4").due == 4 + INTER_DIGIT_S


def test_there_is_a_bound() -> None:
    endless = pressed("1" * (MAX_KEYS + 5))
    assert (len(endless.pressed), endless.due) == (MAX_KEYS, MAX_KEYS + 5)
