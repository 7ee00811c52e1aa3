"""The embedded recogniser and voice know English only."""

from callcore.errors import ProviderError, ProviderFailure


def refuse_other_languages(provider: str, language: str) -> None:
    """Raise ProviderError unless the language is English, or none in particular ("" and "multi")."""
    if language.casefold().split("-")[0] not in ("", "en", "multi"):
        raise ProviderError(provider, ProviderFailure.REJECTED, f"it knows English only, not {language[:20]}")
