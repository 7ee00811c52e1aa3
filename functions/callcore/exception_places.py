"""Where an exception came from, without what it said: its text may hold what a peer sent."""

from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def places(exc_info: ExcInfo) -> list[str]:
    """File, line and function of every frame of an exception, innermost last."""
    found, frame = [], exc_info[2]
    while frame is not None:
        code = frame.tb_frame.f_code
        found.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    return found
