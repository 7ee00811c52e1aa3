"""Lists of numbers as spreadsheets have them: read with what is wrong in which line, and written with what came of it.

The first line names the columns; `phone` is the number, every other one is metadata. A list without names is one of
numbers alone. Pure.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callcore.campaigns.campaign import MAX_RECORDS_AT_ONCE, CampaignRecord
from callcore.errors import InvalidInput
from callcore.metadata import check_metadata
from callcore.phones.phone import PhoneNumber, parse_number
from playground.words import as_text, harmless

PHONE = "phone"
RESULTS = (PHONE, "call_status", "result", "duration_s", "session_id", "tries")
"""Columns that come before those of metadata."""
_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class WrongLine:
    """What is wrong, and where; the first line is 1."""

    line: int
    what: str


@dataclass(frozen=True)
class RecordList:
    """What a text says."""

    records: Sequence[CampaignRecord]
    wrong: Sequence[WrongLine]


def read_records(text: str) -> RecordList:
    """Every line is read, and each that is wrong is told; nothing is left out silently but blank lines."""
    records: dict[PhoneNumber, CampaignRecord] = {}
    wrong: list[WrongLine] = []
    columns: list[str] | None = None
    try:
        for line, cells in _lines(text):
            try:
                if columns is None:
                    columns = _columns(cells)
                    if not _is_number(cells):
                        continue
                record = _record(columns, cells)
                if record.phone in records:
                    raise InvalidInput("the number stands above already")
                records[record.phone] = record
            except InvalidInput as error:
                wrong.append(WrongLine(line, str(error)))
                if columns is None:
                    break
    except csv.Error as error:
        wrong.append(WrongLine(text.count("\n") + 1, f"the table cannot be read: {error}"))
    if len(records) > MAX_RECORDS_AT_ONCE:
        wrong.append(WrongLine(1, f"more than {MAX_RECORDS_AT_ONCE} numbers; bring the rest in a second list"))
    return RecordList(tuple(records.values()), wrong)


def results_csv(records: Sequence[CampaignRecord]) -> str:
    """Each number with what came of it, and its metadata."""
    names = list(dict.fromkeys(name for record in records for name in record.metadata))
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([*RESULTS, *map(harmless, names)])
    for record in records:
        said = (record.phone, record.call_status, record.result, record.duration_s, record.session_id, record.tries)
        values = (record.metadata.get(name) for name in names)
        writer.writerow([*said, *("" if value is None else harmless(as_text(value)) for value in values)])
    return written.getvalue()


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, each with the number of its first one."""
    head = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield begins, stripped
        begins = reader.line_num + 1


def _columns(cells: list[str]) -> list[str]:
    """The names of the columns; that of the number is `phone`, however it is written."""
    if _is_number(cells):
        return [PHONE]
    names = [PHONE if cell.casefold() == PHONE else cell for cell in cells]
    if PHONE not in names:
        raise InvalidInput("the first line must name the columns, and one of them must be phone")
    if twice := [name for name, count in Counter(names).items() if name and count > 1]:
        raise InvalidInput(f"two columns are called {min(twice)}")
    return names


def _is_number(cells: list[str]) -> bool:
    if len(cells) != 1:
        return False
    try:
        parse_number(cells[0])
    except InvalidInput:
        return False
    return True


def _record(columns: list[str], cells: list[str]) -> CampaignRecord:
    if len(cells) != len(columns):
        raise InvalidInput(f"it has {len(cells)} columns, and the first line {len(columns)}")
    said = dict(zip(columns, cells, strict=True))
    if said.pop("", ""):
        raise InvalidInput("it has something in a column without a name")
    phone = parse_number(said.pop(PHONE))
    check_metadata(said)
    return CampaignRecord(phone, said)
