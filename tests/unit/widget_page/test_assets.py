"""The static files: types, tags, the digest, and what a module imports."""

from pathlib import Path

import pytest

from widget_page.assets import load_assets

WIDGET = Path(__file__).parents[3] / "widget" / "static"


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_js", ".js").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_only_what_a_browser_needs_is_served(tmp_path: Path) -> None:
    assets = load_assets(folder(tmp_path, a_js="1", sub__b_js="2", sub__tsconfig_json="{}"))
    assert sorted(assets.files) == ["a.js", "sub/b.js"]
    assert assets.files["a.js"].content_type == "text/javascript; charset=utf-8"


def test_the_digest_changes_with_any_file_and_the_tag_with_its_own(tmp_path: Path) -> None:
    before = load_assets(folder(tmp_path, a_js="1", b_js="2"))
    assert load_assets(tmp_path) == before
    after = load_assets(folder(tmp_path, b_js="3"))
    assert after.digest != before.digest
    assert after.files["a.js"].etag == before.files["a.js"].etag
    assert after.files["b.js"].etag != before.files["b.js"].etag


def test_imports_are_followed_once_also_around_a_circle(tmp_path: Path) -> None:
    source = folder(
        tmp_path,
        a_js="import './x/b.js';\nimport { c } from './c.js';\nconst text = \"import './no.js'\";",
        x__b_js="import {\n  c,\n} from '../c.js';\nexport { d } from './d.js';",
        c_js="import './a.js';",
        x__d_js="",
    )
    assert load_assets(source).modules_of("a.js") == ("x/b.js", "c.js", "x/d.js")


def test_a_folder_without_a_widget_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_assets(tmp_path)
    with pytest.raises(FileNotFoundError):
        load_assets(tmp_path / "absent")


def test_the_page_preloads_every_module_of_the_widget_but_those_for_later_and_other_pages() -> None:
    assets = load_assets(WIDGET)
    later = {
        f"element/{name}.js" for name in ("consent", "card-styles", "devices", "icons", "web-form", "web-form-styles")
    }
    own = {name for name in assets.files if name.endswith(".js") and name.startswith("element/")}
    assert {name for name in assets.modules_of("page.js") if name.startswith("element/")} == own - later
    assert not {"embed.js", "loader.js", "sdk/client.js"} & set(assets.modules_of("page.js"))
