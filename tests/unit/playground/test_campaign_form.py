"""What a campaign's form brings, and what is said beside its fields."""

import pytest

from callcore.campaigns.calling_hours import CallingHours
from playground.campaign_form import of_campaign, of_form, read_settings
from playground.forms import Form
from playground.words import DAYS, hours, local_moment
from tests.contract.ports import rows

CAMPAIGN = rows.campaign()
NUMBERS = [str(CAMPAIGN.caller)]


def form(**changed: str | tuple[str, ...]) -> Form:
    """As a browser sends the form of a campaign in which this was changed."""
    shown = {name: value for name, value in of_campaign(CAMPAIGN).items() if value is not False} | changed
    return Form({name: value if isinstance(value, tuple) else (str(value),) for name, value in shown.items()})


def wrong(**changed: str | tuple[str, ...]) -> dict[str, str]:
    return dict(read_settings(form(**changed), [rows.phone(NUMBERS[0]).number]).wrong)


def test_what_is_shown_comes_back_as_it_was() -> None:
    entry = read_settings(form(), [rows.phone(NUMBERS[0]).number])
    assert not entry.wrong
    for name, value in entry.settings.items():
        assert getattr(CAMPAIGN, name) == value


@pytest.mark.parametrize(
    ("changed", "field", "told"),
    [
        ({"name": ""}, "name", "1 to 200 characters"),
        ({"max_concurrent_calls": "0"}, "max_concurrent_calls", "from 1 to 1000"),
        ({"caller": "+15559999"}, "caller", "was not found"),
        ({"days": ()}, "days", "At least one"),
        ({"from": "noon"}, "from", "A time from 00:00"),
        ({"until": ""}, "until", "A time from 00:00"),
        ({"until": "09:00"}, "until", "Another time than from"),
        ({"timezone": "Berlin"}, "timezone", "Not known"),
        ({"caller": "home"}, "caller", "Not a number"),
        ({"most": "6"}, "most", "from 1 to 5"),
        ({"most": "often"}, "most", "from 1 to 5"),
        ({"after_minutes": "4"}, "after_minutes", "from 5 to 1440"),
        ({"when": ()}, "when", "At least one of busy"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    changed: dict[str, str | tuple[str, ...]], field: str, told: str
) -> None:
    said = wrong(**changed)
    assert list(said) == [field]
    assert told in said[field]
    assert said[field].endswith(".")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert set(wrong(name="", caller="home", timezone="", most="9")) == {"name", "caller", "timezone", "most"}


def test_hours_that_are_not_used_may_be_anything() -> None:
    changed = form(hours="any", timezone="Mars", days=())
    assert read_settings(changed, [rows.phone(NUMBERS[0]).number]).settings["calling_hours"] is None
    assert (of_form(changed)["timezone"], of_form(changed)["days"]) == ("Mars", ())


def test_where_a_number_is_called_once_nothing_else_matters() -> None:
    changed = form(most="1", after_minutes="", when=())
    assert read_settings(changed, [rows.phone(NUMBERS[0]).number]).settings["tries"] is None


def test_an_hour_of_one_digit_is_understood() -> None:
    kept = read_settings(form(**{"from": "8:05"}), [rows.phone(NUMBERS[0]).number]).settings["calling_hours"]
    assert kept.opens == "08:05"


def test_hours_and_their_begin_are_said_as_people_say_them() -> None:
    assert (
        hours(CallingHours("Asia/Tokyo", ("sat", "sun"), "22:00", "02:00")) == "Sat, Sun, 22:00 to 02:00 (Asia/Tokyo)"
    )
    assert hours(CallingHours("UTC", tuple(DAYS), "00:00", "24:00")) == "every day, 00:00 to 24:00 (UTC)"
    assert local_moment(1_800_000_000, "Asia/Tokyo") == "Friday, 15 January 2027, 17:00 (Asia/Tokyo)"
