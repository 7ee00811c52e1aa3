import socket
import stat
from pathlib import Path

import pytest

from callcore.errors import Conflict, StoreError
from infra.local.reservation import reserved_directory, running_on, wait_until_nobody_runs, with_usable_ports
from infra.local.settings import LocalSettings, read_settings
from media_worker.transports.sip.bound import bind


def settings(http_port: int, media_port: int) -> LocalSettings:
    return read_settings({"http_port": http_port, "media_port": media_port})


def test_zero_is_replaced_by_two_free_ports() -> None:
    found = with_usable_ports(settings(0, 0))
    assert found.http_port != found.media_port
    assert 0 not in (found.http_port, found.media_port)
    assert with_usable_ports(found) == found


@pytest.mark.parametrize(("option", "position"), [("--http-port", 0), ("--media-port", 1)])
def test_a_busy_port_is_one_line_that_names_the_option(option: str, position: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy = int(listener.getsockname()[1])
        ports = [0, 0]
        ports[position] = busy
        with pytest.raises(Conflict, match=f"port {busy} .*{option}") as refusal:
            with_usable_ports(settings(*ports))
    assert "\n" not in str(refusal.value)


def test_one_port_cannot_serve_both() -> None:
    port = with_usable_ports(settings(0, 0)).http_port
    with pytest.raises(Conflict, match="--media-port"):
        with_usable_ports(settings(port, port))


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(Conflict, match=r"cannot listen on 192\.0\.2\.1"):
        with_usable_ports(read_settings({"host": "192.0.2.1", "http_port": 0, "media_port": 0}))


def test_a_data_directory_is_private_and_has_one_owner_at_a_time(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    for _ in range(2):
        with reserved_directory(directory):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700
            with pytest.raises(Conflict, match="another Parley"), reserved_directory(directory):
                raise AssertionError("it was given twice")


def test_a_data_directory_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Conflict, match="cannot be used"), reserved_directory(tmp_path / "file"):
        raise AssertionError("it is a file")


def test_a_data_directory_that_is_gone_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used"), running_on(tmp_path / "gone"):
        pass


def test_processes_of_the_last_run_are_waited_for(tmp_path: Path) -> None:
    waited: list[str] = []
    with running_on(tmp_path), running_on(tmp_path), pytest.raises(Conflict, match="do not end"):
        wait_until_nobody_runs(tmp_path, lambda: waited.append("told"), within_s=0.3)
    assert waited == ["told"]
    wait_until_nobody_runs(tmp_path, lambda: waited.append("told again"))
    assert waited == ["told"]


def test_a_busy_port_of_sip_is_no_reason_not_to_start() -> None:
    with bind("127.0.0.1", 0) as taken:
        wanted = read_settings({"http_port": 0, "media_port": 0, "sip_port": taken.port})
        found = with_usable_ports(wanted)
        assert found.sip_port not in (0, taken.port)
    assert with_usable_ports(wanted).sip_port == taken.port
