"""A worker that speaks through vendors imports none of their kits: they cost a start more than all of ours."""

from tests.bench.import_weight import ACCOUNT, KEYS, OF_AWS, VENDORS, WORKER, loaded

KITS = {"openai", "deepgram", "elevenlabs", "cartesia", "anthropic", "boto3", "aiobotocore"}


def test_a_worker_with_vendors_imports_no_kit_of_theirs() -> None:
    _, modules = loaded(WORKER, (*VENDORS, *OF_AWS), KEYS | ACCOUNT)
    assert {name.partition(".")[0] for name in modules} & KITS == set()
    assert "media_worker.providers.openai.chat" in modules
