from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.domain.finding import Effect, Finding, Suggestion
from review_bot.stores import last_scan
from review_bot.stores.last_scan import LastScan, Seen

if TYPE_CHECKING:
    from pathlib import Path


def finding(fingerprint: str) -> Finding:
    return Finding(
        fingerprint, "r.x", "rule", "correctness", "error", 0.9, "a.py", "new", 3, 4, 1, 9, "bad\udc80", cwe=(78,),
        suggestion=Suggestion(3, 4, "good", ("applies",)), memory=Effect("fold", -2.6, 5, 3, 3, "rejected"),
    )  # fmt: skip


def seen(fingerprint: str, held: str = "") -> Seen:
    return Seen(finding(fingerprint), "python", 1, "text", held)


def scan(*fingerprints: str, head: str = "h1") -> LastScan:
    return LastScan("staged", 9, head, "b", tuple(map(seen, fingerprints)))


def prints(several: tuple[Seen, ...]) -> list[str]:
    return [one.finding.fingerprint for one in several]


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    last_scan.save(str(tmp_path), scan("f1", "f2"))
    found = last_scan.load(str(tmp_path))
    assert found == scan("f1", "f2")
    one = found.find("f2")
    assert one is not None
    assert isinstance(one.finding.suggestion, Suggestion)
    assert isinstance(one.finding.memory, Effect)


def test_nothing_found_and_nothing_there_writes_nothing(tmp_path: Path) -> None:
    last_scan.save(str(tmp_path), scan())
    assert list(tmp_path.iterdir()) == []


def test_what_was_shown_before_the_same_commit_is_kept_once(tmp_path: Path) -> None:
    last_scan.save(str(tmp_path), scan("f1", "f2"))
    last_scan.save(str(tmp_path), scan("f2", "f3"))
    last_scan.save(str(tmp_path), scan())
    found = last_scan.load(str(tmp_path))
    assert found is not None
    assert prints(found.seen) == []
    assert sorted(prints(found.earlier)) == ["f1", "f2", "f3"]
    last_scan.forget_earlier(str(tmp_path))
    assert last_scan.load(str(tmp_path)) == scan()


def test_what_was_held_back_was_not_shown(tmp_path: Path) -> None:
    last_scan.save(str(tmp_path), scan()._replace(seen=(seen("f1", "inline"),)))
    last_scan.save(str(tmp_path), scan("f2"))
    found = last_scan.load(str(tmp_path))
    assert found is not None
    assert found.earlier == ()


def test_another_commit_begins_anew(tmp_path: Path) -> None:
    last_scan.save(str(tmp_path), scan("f1"))
    last_scan.save(str(tmp_path), scan("f2", head="h2"))
    assert last_scan.load(str(tmp_path)) == scan("f2", head="h2")


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 40])
def test_damaged_file_is_no_scan(tmp_path: Path, damage: bytes) -> None:
    last_scan.save(str(tmp_path), scan("f1"))
    place = tmp_path / "review-bot" / "last-scan"
    place.write_bytes(damage or place.read_bytes()[:-1])
    assert last_scan.load(str(tmp_path)) is None


def test_number_of_findings_is_bounded(tmp_path: Path) -> None:
    last_scan.save(str(tmp_path), scan(*(f"f{number}" for number in range(2100))))
    found = last_scan.load(str(tmp_path))
    assert found is not None
    assert len(found.seen) == last_scan.MOST
