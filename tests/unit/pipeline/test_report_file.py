"""Reading a report gives back what was written; what is wrong with one is named."""

from __future__ import annotations

import json

import pytest

from review_bot.errors import StoreError
from review_bot.formats import RenderOptions, render
from review_bot.pipeline.report_file import parse
from unit.formats.sample import FULL


def written() -> bytes:
    return render("json", FULL, options=RenderOptions()).encode()


def test_what_is_written_is_read() -> None:
    read = parse(written(), "r.json")
    again = parse(render("json", read, options=RenderOptions()).encode(), "r.json")
    assert again == read
    assert dict(read.verdict.counts) == {"info": 0, **dict(FULL.verdict.counts)}
    for field in ("source", "coverage", "degraded"):
        assert getattr(read, field) == getattr(FULL, field)
    assert [one.fingerprint for one in read.findings] == [one.fingerprint for one in FULL.findings]
    assert [one.suggestion for one in read.findings] == [one.suggestion for one in FULL.findings]
    assert [(one.path, one.status, one.added) for one in read.files] == [
        (one.path, one.status, one.added) for one in FULL.files
    ]


def test_keys_of_later_versions_are_passed_over() -> None:
    table = json.loads(written())
    table["later"] = 1
    table["findings"][0]["later"] = {"a": 1}
    assert parse(json.dumps(table).encode(), "r.json") == parse(written(), "r.json")


@pytest.mark.parametrize("key", ["schema", "source", "files", "findings", "suppressed", "coverage", "stats", "verdict"])
def test_a_missing_key_is_named(key: str) -> None:
    table = json.loads(written())
    del table[key]
    with pytest.raises(StoreError, match=key):
        parse(json.dumps(table).encode(), "r.json")


def test_a_wrong_item_is_named_by_its_place() -> None:
    table = json.loads(written())
    table["findings"][1]["severity"] = "bad"
    with pytest.raises(StoreError, match="severity is none of the known values"):
        parse(json.dumps(table).encode(), "r.json")
    table["findings"][1] = 3
    with pytest.raises(StoreError, match=r"findings\[1\] is not an object"):
        parse(json.dumps(table).encode(), "r.json")
