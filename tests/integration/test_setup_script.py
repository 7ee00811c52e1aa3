"""infra/setup.sh on machines that are made up of small programs in a folder before the real ones."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.local.settings import REPOSITORY

PYTHON = """#!/bin/sh
echo "python $*" >>{log}
case "$*" in
*%d-venv*) echo python3.11-venv ;;
*version_info*) exit {too_old} ;;
*ensurepip*) [ -e {machine}/has-venv ] ;;
*"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*"-m pip"*) exit {pip} ;;
*ctypes*) [ -e {machine}/has-flite ] ;;
esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>{log}
case "$*" in
*python3*-venv*) touch {machine}/has-venv ;;
*install*libflite1) touch {machine}/has-flite ;;
download*) [ -e {machine}/has-lists ] && touch libflite1.deb libasound2t64.deb ;;
esac
"""
DPKG_DEB = """#!/bin/sh
echo "dpkg-deb $1 $(basename "$2")" >>{log}
mkdir -p "$3/usr/lib" && touch "$3/usr/lib/libflite_cmu_us_rms.so.1"
"""
APT_CACHE = """#!/bin/sh
printf 'libflite1\\n  Depends: libasound2t64\\n  Depends: libc6\\n'
"""


@dataclass
class Machine:
    """A made-up machine with a checkout of the repository in it."""

    root: Path
    is_root: bool = True
    os_release: str = "ID=debian\nVERSION_ID=12\n"
    too_old: bool = False
    pip_fails: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.root / "checkout" / "infra").mkdir(parents=True)
        shutil.copy(REPOSITORY / "infra" / "setup.sh", self.checkout / "infra")
        (self.checkout / "requirements.txt").write_text("fastapi==1\n")

    @property
    def checkout(self) -> Path:
        return self.root / "checkout"

    def has(self, thing: str) -> "Machine":
        (self.root / thing).touch()
        return self

    def set_up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        programs = self.root / "bin"
        programs.mkdir(exist_ok=True)
        values = {
            "log": self.root / "log",
            "machine": self.root,
            "too_old": int(self.too_old),
            "pip": int(self.pip_fails),
        }
        texts = {"python3": PYTHON, "apt-get": APT_GET, "dpkg-deb": DPKG_DEB, "apt-cache": APT_CACHE}
        texts |= {f"python3.{minor}": "#!/bin/sh\nexit 1\n" for minor in (11, 12, 13, 14)}
        texts["id"] = f"#!/bin/sh\necho {0 if self.is_root else 1000}\n"
        for name, text in texts.items():
            filled = text.format(**values) if "{log}" in text else text
            (programs / name).write_text(filled)
            (programs / name).chmod(0o755)
        (self.root / "log").write_text("")
        (self.root / "os-release").write_text(self.os_release)
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "OS_RELEASE": str(self.root / "os-release")}
        return subprocess.run(
            ["sh", str(self.checkout / "infra" / "setup.sh"), *arguments],
            cwd=self.root,
            env=environment | self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def log(self, program: str) -> list[str]:
        lines = (self.root / "log").read_text().splitlines()
        return [line.removeprefix(f"{program} ") for line in lines if line.startswith(f"{program} ")]


def assert_refused(result: subprocess.CompletedProcess[str], words: str) -> None:
    assert result.returncode == 1
    last_line = result.stderr.splitlines()[-1]
    assert last_line.startswith("parley: ")
    assert words in last_line


def test_root_gets_everything_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    result = machine.set_up()
    assert result.returncode == 0, result.stderr
    installs = [line for line in machine.log("apt-get") if "install" in line]
    assert [line.split()[-1] for line in installs] == ["python3.11-venv", "libflite1"]
    assert machine.log("apt-get").count("update -qq") == 1
    assert len([line for line in machine.log("python") if "--require-hashes --no-deps" in line]) == 1

    again = machine.set_up()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert machine.log("apt-get") == []
    assert not [line for line in machine.log("python") if "-m" in line]


@pytest.mark.parametrize(
    ("variables", "lock"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_PROFILE": "mine"}, "requirements-aws.txt"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "requirements.txt"),
    ],
)
def test_who_has_credentials_of_aws_gets_what_its_voices_need(
    tmp_path: Path, variables: dict[str, str], lock: str
) -> None:
    machine = Machine(tmp_path).has("has-venv").has("has-flite")
    machine.environment |= variables
    (machine.checkout / "requirements-aws.txt").write_text("boto3==1\n")
    assert machine.set_up().returncode == 0
    assert [line.split()[-1] for line in machine.log("python") if "-m pip" in line] == [lock]


def test_a_changed_lock_is_installed_into_the_same_environment(tmp_path: Path) -> None:
    machine = Machine(tmp_path).has("has-venv").has("has-flite")
    machine.set_up()
    (machine.checkout / "requirements.txt").write_text("fastapi==2\n")
    machine.set_up()
    assert [line for line in machine.log("python") if "-m pip" in line]
    assert not [line for line in machine.log("python") if "-m venv" in line]


def test_a_failed_install_is_tried_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path, pip_fails=True).has("has-venv").has("has-flite")
    assert_refused(machine.set_up(), "pip could not install")
    assert_refused(machine.set_up(), "pip could not install")


@pytest.mark.parametrize("arguments", [(), ("--data-dir", "kept"), ("--host", "x", "--data-dir=kept")])
def test_without_root_the_speech_library_is_unpacked_beside_the_data(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    machine = Machine(tmp_path, is_root=False).has("has-venv").has("has-lists")
    result = machine.set_up(*arguments)
    assert result.returncode == 0, result.stderr
    folder = machine.checkout / ("kept" if arguments else ".parley") / "sys"
    assert os.listdir(folder) == ["usr"]
    assert machine.log("apt-get") == ["download -qq libflite1 libasound2t64"]
    assert len(machine.log("dpkg-deb")) == 2
    assert machine.set_up(*arguments).stderr == ""
    assert machine.log("apt-get") == []


def test_without_root_and_package_lists_the_package_is_named(tmp_path: Path) -> None:
    machine = Machine(tmp_path, is_root=False).has("has-venv")
    assert_refused(machine.set_up(), "sudo apt-get install libflite1")
    assert not (machine.checkout / ".parley" / "sys").exists()


def test_a_data_directory_that_cannot_be_made_is_named_and_no_package(tmp_path: Path) -> None:
    machine = Machine(tmp_path, is_root=False).has("has-venv").has("has-lists")
    (machine.checkout / ".parley").touch()
    assert_refused(machine.set_up(), "the data directory .parley cannot be used")


def test_without_root_and_venv_the_package_is_named(tmp_path: Path) -> None:
    assert_refused(Machine(tmp_path, is_root=False).set_up(), "sudo apt-get install python3.11-venv")


@pytest.mark.parametrize("is_root", [True, False])
def test_an_old_python_is_told(tmp_path: Path, is_root: bool) -> None:
    machine = Machine(tmp_path, is_root=is_root, too_old=True)
    assert_refused(machine.set_up(), "Python 3.11 or later is needed")


@pytest.mark.parametrize("os_release", ["ID=ubuntu\n", 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', "ID=debian"])
def test_debian_ubuntu_and_relatives_are_supported(tmp_path: Path, os_release: str) -> None:
    machine = Machine(tmp_path, os_release=os_release).has("has-venv").has("has-flite")
    assert machine.set_up().returncode == 0


@pytest.mark.parametrize("os_release", ["ID=fedora\n", "ID=notdebian\n", ""])
def test_elsewhere_one_line_says_what_is_supported(tmp_path: Path, os_release: str) -> None:
    result = Machine(tmp_path, os_release=os_release).set_up()
    assert_refused(result, "supported are Debian 12")
    assert len(result.stderr.splitlines()) == 1
