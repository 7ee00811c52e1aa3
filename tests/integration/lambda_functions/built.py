"""The built artifact, and a runtime beside it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from infra.artifact import build_assets, build_functions, host
from tests.peers.lambda_runtime import LambdaFunction, make_runtime, running


@dataclass(frozen=True)
class Built:
    """What `sam build` would have made, and a runtime beside it."""

    functions: Path
    assets: Path
    runtime: Path
    logs: Path

    def start(
        self, handler: str, environment: Mapping[str, str] | None = None
    ) -> AbstractContextManager[LambdaFunction]:
        """The function in a process of its own."""
        return running(handler, self.functions, self.runtime, self.logs / f"{handler}.log", environment)


def build(into: Path) -> Built:
    """What `sam build` makes, for the interpreter that runs this."""
    built = Built(*(into / name for name in ("functions", "assets", "runtime", "logs")))
    for folder in (built.functions, built.assets, built.runtime, built.logs):
        folder.mkdir()
    assert build_functions(built.functions, host()), "without byte code"
    build_assets(built.assets)
    (built.functions / "bare.py").write_text("def handler(event, context):\n    return event\n")
    make_runtime(built.runtime)
    return built
