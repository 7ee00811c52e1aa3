"""The embedded recogniser and voice know English only."""

from callcore.errors import ProviderError, ProviderFailure


def is_english(language: str) -> bool:
    """Whether it is English, or no language in particular ("" and "multi")."""
    return language.casefold().split("-")[0] in ("", "en", "multi")


def refuse_other_languages(provider: str, language: str) -> None:
    """Raise ProviderError unless the language is English."""
    if not is_english(language):
        raise ProviderError(provider, ProviderFailure.REJECTED, f"it knows English only, not {language[:20]}")
