"""That `sam build` makes what the tests of the Lambda functions run: `make prove-build`.

It is no test of `make test` because aws-sam-cli takes minutes to install.
"""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.artifact import ROOT, build_assets, build_functions, host
from tests.contract.template.translated import resources, translated
from tests.peers.lambda_runtime import make_runtime, running

_TOLD = {
    "PARLEY_TABLE": "table",
    "PARLEY_BUCKET": "bucket",
    "PARLEY_INTERNAL_SECRET": "secret",
    "PARLEY_OUTBOX_TABLE": "outbox",
    "PARLEY_OUTBOX_KEY": "key",
    "WIDGET_ASSETS_DIR": str(ROOT / ".aws-sam/build/WidgetAssets/widget"),
}


def content(folder: Path) -> Mapping[str, str]:
    """Every file and the hash of what it holds."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def differences(folder: Path, recipe: Path) -> list[str]:
    """Names of the files that are not the same in both."""
    ours, theirs = content(recipe), content(folder)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def main() -> int:
    """The exit status."""
    target = host()
    chosen = (f"RUNTIME={target.runtime}", f"ARCHITECTURE={target.architecture}")
    subprocess.run(["make", "--no-print-directory", "build", *chosen], cwd=ROOT, check=True)
    built = ROOT / ".aws-sam/build"
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("functions", "assets", "runtime")]
        for folder in folders:
            folder.mkdir()
        functions, assets, runtime = folders
        build_functions(functions, target)
        build_assets(assets)
        make_runtime(runtime)
        wrong += [f"WidgetAssets: {one}" for one in differences(built / "WidgetAssets", assets)]
        for function, properties in resources(translated(), "AWS::Lambda::Function").items():
            wrong += [f"{function}: {one}" for one in differences(built / function, functions)]
            log = Path(name) / f"{function}.log"
            with running(properties["Handler"], built / function, runtime, log, _TOLD) as started:
                print(f"{function} starts from what sam built, in {started.init_s * 1000:.0f} ms")
    print(*wrong, sep="\n", end="")
    print("sam build and the tests' artifact differ" if wrong else "sam build makes what the tests run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
