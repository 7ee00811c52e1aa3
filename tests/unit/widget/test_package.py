"""What npm is given of the SDK: complete, small, typed, and its README's examples fit it."""

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.unit.widget import sdk_readme
from tests.unit.widget.sdk_project import ESBUILD, MODULES, make_project, run, vue_as_typescript

MAX_BYTES = 10_000
"""Compressed and minified, with the worklet and without WebRTC, which is loaded when it is asked for."""
STRICT = (
    "--ignoreConfig",
    "--strict",
    "--noEmit",
    "--skipLibCheck",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
)

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    make_project(folder)
    return folder


def package(project: Path) -> Path:
    return project / "node_modules" / "@parley" / "web-sdk"


def test_it_is_complete_and_asks_for_nothing_outside_itself(project: Path) -> None:
    described = json.loads((package(project) / "package.json").read_text())
    assert (described["name"], "dependencies" in described) == ("@parley/web-sdk", False)
    for target in (described["main"], described["types"], "LICENSE", "README.md"):
        assert (package(project) / target).exists()
    for path in package(project).rglob("*.[jt]s"):
        for name in re.findall(r"""(?:from|import\(?)\s*['"]([^'"]+)['"]""", path.read_text()):
            assert name.startswith("./"), (path.name, name)
            assert (path.parent / name).exists(), (path.name, name)
    worklet = (package(project) / "worklets" / "audio.js").read_text()
    assert "registerProcessor" in worklet
    assert "import" not in worklet, "bundlers copy it without what it imports"


def test_it_is_small(project: Path) -> None:
    bundled = project / "bundled.js"
    client, worklet = package(project) / "client.js", package(project) / "worklets" / "audio.js"
    run(
        ESBUILD,
        client,
        "--bundle",
        "--external:./webrtc.js",
        "--minify",
        "--format=esm",
        f"--outfile={bundled}",
        "--log-level=error",
    )
    small = run(ESBUILD, worklet, "--minify")
    sizes = [len(gzip.compress(code, 9)) for code in (bundled.read_bytes(), small.encode())]
    assert sum(sizes) <= MAX_BYTES, sizes


def check_types(project: Path, *files: str, jsx: bool = False) -> None:
    options = [*STRICT, "--lib", "es2022,dom,dom.iterable", "--target", "es2022", "--types", ""]
    run(
        MODULES / ".bin" / "tsc",
        *options,
        *(("--jsx", "react-jsx") if jsx else ()),
        *(project / name for name in files),
    )


def test_the_react_example_is_typed(project: Path) -> None:
    (project / "Talk.tsx").write_text(sdk_readme.react())
    check_types(project, "Talk.tsx", jsx=True)


def test_the_vue_example_is_typed(project: Path) -> None:
    (project / "Talk.vue").write_text(sdk_readme.vue())
    (project / "talk.ts").write_text(vue_as_typescript(project / "Talk.vue"))
    check_types(project, "talk.ts")


def test_the_extension_is_whole(project: Path) -> None:
    files = sdk_readme.extension()
    manifest = json.loads(files["manifest.json"])
    assert manifest["manifest_version"] == 3
    assert manifest["background"]["service_worker"] in files
    assert re.findall(r'src="([^"]+)"', files["call.html"]) == ["call.js"]
    for name in ("background.js", "call.js"):
        (project / f"{name[:-3]}.mjs").write_text(files[name].replace("./parley/", "@parley/web-sdk/"))
        run("node", "--check", project / f"{name[:-3]}.mjs")
    (project / "call.ts").write_text(files["call.js"].replace("./parley/client.js", "@parley/web-sdk"))
    typed = (project / "call.ts").read_text()
    # Where the example is plain JavaScript, TypeScript wants to be told that the elements are there.
    (project / "call.ts").write_text(re.sub(r"(getElementById\('\w+'\))", r"\1!", typed))
    check_types(project, "call.ts")


PROGRAM = """
import Sdk, { AgentState } from '%s';

const client = Sdk.createClient({ publicKey: 'KEY', endPoint: 'wss://host/millis', debug: true });
client.on('onopen', () => {});
client.on('onready', (payload) => console.log(payload?.session_id?.length));
client.on('onaudio', (audio) => console.log(audio.byteLength));
client.on('ontranscript', (text, payload) => console.log(text.length, payload.is_final));
client.on('onresponsetext', (text, payload) => console.log(text.length, payload.is_final));
client.on('analyzer', (analyser) => console.log(analyser.fftSize));
client.on('useraudioready', (data) => console.log(data.analyser.fftSize, data.stream.id));
client.on('onlatency', (latency) => console.log(latency.toFixed()));
client.on('onclose', (event) => console.log(event.code, event.reason));
client.on('onerror', (event) => console.log(event.type));
client.on('onagentstate', (state) => console.log(state === AgentState.PREPARE_ANSWER));
client.on('onfunction', (data: string, payload: { name: string; params: object }) => console.log(payload.name));
client.on('ai_action', (action) => console.log(action));
client.once('onsessionended', () => client.removeAllListeners('onready').off('onopen'));
async function calls() {
  await client.start('AGENT', { plan: 'pro' }, true);
  await client.start({ prompt: 'You help.', voice: { provider: 'openai', voice_id: 'v' }, anything: 1 });
  const agent = { agent_id: 'A', agent_config: { language: 'de' } };
  await client.start({ agent, session_continuation: { session_id: 's' } });
  client.mute();
  client.unmute();
  client.send(new Uint8Array(2));
  await client.stop();
  const stream: MediaStream = await Sdk.createMicrophoneAudioTrack(16000);
  return stream;
}
void calls;
"""


@pytest.mark.parametrize("name", ["@millisai/web-sdk", "@parley/web-sdk"])
def test_a_typed_program_for_the_reference_client_compiles_against_ours(project: Path, name: str) -> None:
    (project / "program.ts").write_text(PROGRAM % name)
    check_types(project, "program.ts")
