"""libflite by ctypes: it speaks, and it knows how any English word is pronounced."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE = "libflite1"
_LIBRARIES = ("libflite.so.1", "libflite_usenglish.so.1", "libflite_cmulex.so.1")
_SMALLEST_CHUNK_SAMPLES = 400
_CONTINUE, _STOP = 0, -1


class FliteMissing(Exception):
    """The library cannot be loaded; the message names the package to install."""


class _Wave(ctypes.Structure):
    """`cst_wave` of flite 2.2."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


_ON_CHUNK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(_Wave), ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p
)


class _Streaming(ctypes.Structure):
    """`cst_audio_streaming_info` of flite 2.2."""

    _fields_ = (
        ("min_buffsize", ctypes.c_int),
        ("asc", _ON_CHUNK),
        ("utterance", ctypes.c_void_p),
        ("item", ctypes.c_void_p),
        ("userdata", ctypes.c_void_p),
    )


class _Voice(ctypes.Structure):
    """The beginning of `cst_voice` of flite 2.2."""

    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


class Flite:
    """The library with its voices. Speaking is for one thread at a time; it leaves the GIL while it computes."""

    def __init__(self, directory: Path | None = None) -> None:
        """Load from the system, or from a directory into which the packages were extracted. Raises FliteMissing."""
        self._directory = directory
        if directory is not None:
            self._load("libasound.so.2")
        self._flite, _, lexicon = (self._load(name) for name in _LIBRARIES)
        self._declare()
        self._flite.flite_init()
        lexicon.cmu_lex_init.restype = ctypes.c_void_p
        self._lexicon = lexicon.cmu_lex_init()
        self._voices: dict[str, Any] = {}

    def speak(self, voice: str, text: str, on_audio: Callable[[bytes], bool]) -> None:
        """Say an ASCII text; `on_audio` takes each piece of PCM as it is made and returns False to stop.

        Raises FliteMissing when the voice cannot be loaded.
        """
        loaded = self._voice(voice)

        def on_chunk(wave: Any, start: int, size: int, last: int, info: object) -> int:
            begin = ctypes.addressof(wave.contents.samples.contents) + 2 * start
            return _CONTINUE if on_audio(ctypes.string_at(begin, 2 * size)) else _STOP

        # Allocated by the library, because removing the feature frees it; the callback must outlive the synthesis.
        streaming, callback = self._flite.new_audio_streaming_info(), _ON_CHUNK(on_chunk)
        streaming.contents.min_buffsize, streaming.contents.asc = _SMALLEST_CHUNK_SAMPLES, callback
        features = ctypes.cast(loaded, ctypes.POINTER(_Voice)).contents.features
        self._flite.feat_set(features, b"streaming_info", self._flite.audio_streaming_info_val(streaming))
        try:
            wave = self._flite.flite_text_to_wave(text.encode("ascii", "ignore"), loaded)
            if wave:
                self._flite.delete_wave(wave)
        finally:
            self._flite.feat_remove(features, b"streaming_info")

    def pronunciation(self, word: str) -> tuple[str, ...]:
        """The phones of an ASCII word in the alphabet of cmudict, by dictionary or by rule; empty when unknown."""
        found = self._flite.lex_lookup(self._lexicon, word.encode("ascii", "ignore"), None, None)
        phones, item = [], found
        while item:
            phones.append(self._flite.val_string(self._flite.val_car(item)).decode("ascii"))
            item = self._flite.val_cdr(item)
        if found:
            self._flite.delete_val(found)
        return tuple(phone.rstrip("012").upper().replace("AX", "AH") for phone in phones)

    def _voice(self, name: str) -> Any:
        if name not in self._voices:
            library = self._load(f"libflite_cmu_us_{name}.so.1")
            register = getattr(library, f"register_cmu_us_{name}")
            register.restype = ctypes.c_void_p
            register.argtypes = (ctypes.c_void_p,)
            self._voices[name] = register(None)
        return self._voices[name]

    def _load(self, name: str) -> ctypes.CDLL:
        path = name if self._directory is None else next(map(str, self._directory.rglob(name)), name)
        try:
            return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
        except OSError as error:
            raise FliteMissing(f"{name} cannot be loaded: install the package {PACKAGE}") from error

    def _declare(self) -> None:
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        functions: dict[str, tuple[Any, tuple[Any, ...]]] = {
            "flite_text_to_wave": (pointer, (text, pointer)),
            "delete_wave": (None, (pointer,)),
            "new_audio_streaming_info": (ctypes.POINTER(_Streaming), ()),
            "audio_streaming_info_val": (pointer, (pointer,)),
            "feat_set": (None, (pointer, text, pointer)),
            "feat_remove": (ctypes.c_int, (pointer, text)),
            "lex_lookup": (pointer, (pointer, text, text, pointer)),
            "val_car": (pointer, (pointer,)),
            "val_cdr": (pointer, (pointer,)),
            "val_string": (text, (pointer,)),
            "delete_val": (None, (pointer,)),
        }
        for name, (result, arguments) in functions.items():
            function = getattr(self._flite, name)
            function.restype, function.argtypes = result, arguments
