"""Tables of numbers: what is read, what is wrong in which line, and what is written."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.calls.call import CallStatus
from callcore.campaigns.campaign import CampaignRecord, RecordStatus
from callcore.ids import SessionId
from callcore.phones.phone import PhoneNumber
from playground.record_list import read_records, results_csv


def read(text: str) -> list[tuple[str, dict[str, str]]]:
    found = read_records(text)
    assert found.wrong == []
    return [(record.phone, dict(record.metadata)) for record in found.records]


def wrong(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.what) for one in read_records(text).wrong]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_columns_but_the_number_are_metadata(separator: str, end: str) -> None:
    lines = ["userName|Phone|city", "Ann|+1 (555) 000-1111|Bonn", "", 'Bo "B"|15550002222|']
    text = end.join(lines).replace('Bo "B"', '"Bo ""B"""').replace("|", separator) + end
    assert read(text) == [
        ("+15550001111", {"userName": "Ann", "city": "Bonn"}),
        ("+15550002222", {"userName": 'Bo "B"', "city": ""}),
    ]


def test_numbers_alone_need_no_name() -> None:
    assert read("+15550001111\n\n+1 555 000 2222\n") == [("+15550001111", {}), ("+15550002222", {})]
    assert read("phone\n+15550001111") == [("+15550001111", {})]


def test_columns_that_a_spreadsheet_left_behind_are_nothing() -> None:
    assert read("phone,name,,\n+15550001111,Ann,,\n") == [("+15550001111", {"name": "Ann"})]


def test_every_line_that_is_wrong_is_told_and_where_it_begins() -> None:
    text = 'phone,note\n+15550001111,"two\nlines"\nhome,x\n+15550002222\n+15550001111,again\n+15550003333,ok\n'
    assert wrong(text) == [
        (4, "phone: not a number of the form +15551234567 (E.164)"),
        (5, "it has 1 columns, and the first line 2"),
        (6, "the number stands above already"),
    ]
    assert len(read_records(text).records) == 2


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("name,city\nAnn,Bonn\n", 1, "must be phone"),
        ("phone,a,a\n", 1, "two columns are called a"),
        ("Phone,phone\n", 1, "two columns are called phone"),
        ("phone,\n+15550001111,x\n", 2, "column without a name"),
        ("phone,n\n+15550001111," + "x" * 2001, 2, "longer than 2000"),
        ('phone,n\n+15550001111,"x', 2, "cannot be read"),
        ("\n".join(["phone", *(f"+1555{number:07}" for number in range(10_001))]), 1, "more than 10000"),
    ],
)
def test_what_is_wrong_is_said(text: str, line: int, says: str) -> None:
    ((found, what),) = wrong(text)
    assert (found, says in what) == (line, True), what


def test_a_line_of_many_columns_is_read_in_the_time_of_its_length() -> None:
    """What takes the square of it does not end."""
    names = ",".join(f"c{number}" for number in range(100_000))
    ((line, what),) = wrong(f"phone,{names}\n+15550001111\n")
    assert (line, what) == (2, "it has 1 columns, and the first line 100001")


def test_an_empty_text_has_no_records() -> None:
    assert read("") == read("\n \n") == []


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_any_table_is_read_and_none_of_its_lines_is_forgotten(cells: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["phone", "a", "b"])
    for number, row in enumerate(cells):
        writer.writerow([f"+1555000{number:04}", *row])
    found = read_records(text.getvalue())
    assert found.wrong == []
    assert [tuple(record.metadata.values()) for record in found.records] == [
        (one.strip(), other.strip()) for one, other in cells
    ]


@given(st.text(max_size=200))
def test_whatever_is_brought_is_read_or_told_of(text: str) -> None:
    """Never raises."""
    read_records(text)


def test_results_are_a_table_that_is_no_formula() -> None:
    records = [
        CampaignRecord(
            PhoneNumber("+15550001111"),
            {"name": "=1+1", "n": 3},
            RecordStatus.FAILED,
            SessionId("s"),
            CallStatus.BUSY,
            0,
            tries=2,
        ),
        CampaignRecord(PhoneNumber("+15550002222"), {"=city": "\n=1+1"}),
    ]
    rows = list(csv.reader(io.StringIO(results_csv(records))))
    assert rows == [
        ["phone", "call_status", "result", "duration_s", "session_id", "tries", "name", "n", "'=city"],
        ["+15550001111", "failed", "busy", "0", "s", "2", "'=1+1", "3", ""],
        ["+15550002222", "not_started", "", "", "", "0", "", "", "'\n=1+1"],
    ]
