"""Every row of the four tables, and every timer of RFC 3261 and RFC 6026, in virtual time."""

import pytest

from callcore.errors import InvalidTransition
from media_worker.transports.sip.transaction import (
    INVITE_CLIENT,
    INVITE_SERVER,
    KINDS,
    OTHER_CLIENT,
    OTHER_SERVER,
    Act,
    Kind,
    Signal,
    State,
    Timer,
    Transaction,
)


def acts_over_time(transaction: Transaction, until: float = 100.0) -> list[tuple[float, Act]]:
    found = []
    while (at := transaction.next_deadline()) is not None and at <= until:
        found += [(at, act) for act in transaction.handle_deadline(at)]
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_state_can_be_reached_and_left_and_every_running_timer_has_a_row(kind: Kind) -> None:
    reached = {kind.first} | {state for state, _ in kind.table.values()}
    assert State.TERMINATED in reached
    assert {state for state, _ in kind.table} == reached - {State.TERMINATED}
    for state, timers in kind.timers.items():
        for timer in timers:
            assert (state, timer) in kind.table
    fired = {timer for _, timer in kind.table if isinstance(timer, Timer)}
    assert fired == {timer for timers in kind.timers.values() for timer in timers}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_the_table_does_not_know_is_a_bug(kind: Kind) -> None:
    transaction = Transaction(kind, 0.0, reliable=True)
    assert not transaction.takes(Signal.ACK)
    with pytest.raises(InvalidTransition):
        transaction.signal(Signal.ACK, 0.0)


class TestInviteServer:
    def test_g_doubles_up_to_t2_and_h_gives_up(self) -> None:
        transaction = Transaction(INVITE_SERVER, 0.0, reliable=False)
        assert transaction.signal(Signal.FAILURE, 0.0) == (Act.SEND,)
        times = acts_over_time(transaction)
        again = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert [at for at, act in times if act is Act.SEND_AGAIN] == again
        assert times[-1] == (32.0, Act.GIVE_UP)
        assert transaction.is_over

    def test_an_ack_stops_g_and_i_waits_for_its_copies(self) -> None:
        transaction = Transaction(INVITE_SERVER, 0.0, reliable=False)
        transaction.signal(Signal.FAILURE, 0.0)
        assert transaction.signal(Signal.ACK, 1.0) == ()
        assert transaction.signal(Signal.ACK, 2.0) == ()
        assert transaction.signal(Signal.REQUEST, 2.0) == ()
        assert transaction.next_deadline() == 6.0
        assert acts_over_time(transaction) == []
        assert transaction.is_over

    def test_a_stream_repeats_nothing(self) -> None:
        transaction = Transaction(INVITE_SERVER, 0.0, reliable=True)
        transaction.signal(Signal.FAILURE, 0.0)
        assert transaction.next_deadline() == 32.0
        transaction.signal(Signal.ACK, 1.0)
        assert transaction.next_deadline() == 1.0

    def test_l_ends_an_accepted_one_whose_copies_are_absorbed(self) -> None:
        transaction = Transaction(INVITE_SERVER, 0.0, reliable=False)
        assert transaction.signal(Signal.REQUEST, 0.0) == (Act.SEND_AGAIN,)
        transaction.signal(Signal.SUCCESS, 0.0)
        assert transaction.signal(Signal.REQUEST, 1.0) == ()
        assert transaction.signal(Signal.SUCCESS, 1.0) == (Act.SEND,)
        assert transaction.signal(Signal.ACK, 2.0) == (Act.PASS_ON,)
        assert transaction.next_deadline() == 32.0


class TestOtherServer:
    def test_j_answers_copies_for_32_s(self) -> None:
        transaction = Transaction(OTHER_SERVER, 0.0, reliable=False)
        assert transaction.signal(Signal.REQUEST, 0.0) == ()
        transaction.signal(Signal.SUCCESS, 1.0)
        assert transaction.signal(Signal.REQUEST, 2.0) == (Act.SEND_AGAIN,)
        assert transaction.next_deadline() == 33.0
        assert acts_over_time(transaction) == []
        assert transaction.is_over

    def test_j_is_nothing_on_a_stream(self) -> None:
        transaction = Transaction(OTHER_SERVER, 0.0, reliable=True)
        transaction.signal(Signal.FAILURE, 1.0)
        assert transaction.next_deadline() == 1.0


class TestInviteClient:
    def test_a_doubles_without_an_end_and_b_gives_up(self) -> None:
        times = acts_over_time(Transaction(INVITE_CLIENT, 0.0, reliable=False))
        assert times == [(at, Act.SEND_AGAIN) for at in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)] + [(32.0, Act.GIVE_UP)]

    def test_only_b_runs_on_a_stream(self) -> None:
        assert acts_over_time(Transaction(INVITE_CLIENT, 0.0, reliable=True)) == [(32.0, Act.GIVE_UP)]

    def test_a_peer_that_only_rings_is_given_up(self) -> None:
        transaction = Transaction(INVITE_CLIENT, 0.0, reliable=False)
        transaction.signal(Signal.PROVISIONAL, 0.2)
        assert acts_over_time(transaction) == [(32.0, Act.GIVE_UP)]

    def test_d_acknowledges_copies_of_a_failure(self) -> None:
        transaction = Transaction(INVITE_CLIENT, 0.0, reliable=False)
        assert transaction.signal(Signal.FAILURE, 1.0) == (Act.ACKNOWLEDGE, Act.PASS_ON)
        assert transaction.signal(Signal.FAILURE, 2.0) == (Act.ACKNOWLEDGE,)
        assert transaction.next_deadline() == 33.0

    def test_m_passes_copies_of_a_2xx_on(self) -> None:
        transaction = Transaction(INVITE_CLIENT, 0.0, reliable=False)
        assert transaction.signal(Signal.SUCCESS, 1.0) == (Act.PASS_ON,)
        assert transaction.signal(Signal.SUCCESS, 2.0) == (Act.PASS_ON,)
        assert transaction.next_deadline() == 33.0


class TestOtherClient:
    def test_e_doubles_up_to_t2_and_f_gives_up(self) -> None:
        times = acts_over_time(Transaction(OTHER_CLIENT, 0.0, reliable=False))
        again = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert times == [(at, Act.SEND_AGAIN) for at in again] + [(32.0, Act.GIVE_UP)]

    def test_e_waits_t2_once_the_peer_works_on_it(self) -> None:
        transaction = Transaction(OTHER_CLIENT, 0.0, reliable=False)
        transaction.signal(Signal.PROVISIONAL, 0.1)
        assert [at for at, act in acts_over_time(transaction) if act is Act.SEND_AGAIN][:3] == [0.5, 4.5, 8.5]

    def test_k_waits_for_copies_of_the_response(self) -> None:
        transaction = Transaction(OTHER_CLIENT, 0.0, reliable=False)
        assert transaction.signal(Signal.SUCCESS, 1.0) == (Act.PASS_ON,)
        assert transaction.signal(Signal.SUCCESS, 2.0) == ()
        assert transaction.next_deadline() == 6.0
