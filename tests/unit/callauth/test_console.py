import pytest

from callauth.console import (
    LINK_S,
    form_proof,
    is_form_proof,
    new_cookie_token,
    one_time_code,
    parse_cookie,
    read_one_time_code,
)
from callcore.errors import Unauthenticated
from callcore.ids import AccountId

SECRET = "s" * 32
NOW = 1_800_000_000.5


def test_a_cookie_parses_as_it_prints() -> None:
    token = new_cookie_token(AccountId("acc_1"))
    assert parse_cookie(str(token)) == token
    assert len(token.token) >= 43
    assert new_cookie_token(AccountId("acc_1")).session_hash != token.session_hash


@pytest.mark.parametrize("text", [None, "", "acc_1", ".token", "acc_1.", "acc_1." + "x" * 300, "acc_ä.token"])
def test_what_is_no_cookie_of_ours_is_none(text: str | None) -> None:
    assert parse_cookie(text) is None


def test_a_form_is_proven_for_one_session_and_one_path() -> None:
    proof = form_proof("acc_1.token", "/console/a")
    assert is_form_proof(proof, "acc_1.token", "/console/a")
    assert not is_form_proof(proof, "acc_1.token", "/console/b")
    assert not is_form_proof(proof, "acc_2.token", "/console/a")
    for forged in ("", "é", proof[:-1], proof + "x"):
        assert not is_form_proof(forged, "acc_1.token", "/console/a")


def test_a_link_opens_for_ten_minutes_under_the_secret_of_its_run() -> None:
    code = one_time_code(SECRET, NOW)
    assert read_one_time_code(code, SECRET, NOW + LINK_S - 1).nonce
    assert read_one_time_code(one_time_code(SECRET, NOW), SECRET, NOW) != read_one_time_code(code, SECRET, NOW)
    with pytest.raises(Unauthenticated, match="ten minutes"):
        read_one_time_code(code, SECRET, NOW + LINK_S)
    with pytest.raises(Unauthenticated):
        read_one_time_code(code, "t" * 32, NOW)
    later = f"{int(NOW) + 9999}.{code.partition('.')[2]}"
    for forged in ("", "..", "é.é.é", code[:-1], later):
        with pytest.raises(Unauthenticated):
            read_one_time_code(forged, SECRET, NOW)
    with pytest.raises(Unauthenticated):
        read_one_time_code(one_time_code("", NOW), "", NOW)
