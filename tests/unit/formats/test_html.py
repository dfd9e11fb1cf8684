from __future__ import annotations

import re
from html.parser import HTMLParser

from unit.formats.sample import CLEAN, EMPTY, FULL, HOSTILE, hostile, review, shown

_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "b", "code", "pre", "mark", "article"),
    *("ul", "li"),
}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def test_nothing_but_our_tags_whatever_the_text() -> None:
    page = _page(shown("html", review(hostile())))
    assert {tag for tag, _ in page.tags} <= _TAGS
    assert {name for _, attributes in page.tags for name in attributes} <= {
        *("lang", "charset", "http-equiv", "content", "name", "class"),
    }
    assert "<img src=x>" in page.text


def test_the_policy_allows_our_style_and_nothing_else() -> None:
    page = _page(shown("html", CLEAN))
    policy = next(attributes["content"] for tag, attributes in page.tags if "http-equiv" in attributes)
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'", policy or ""
    )


def test_nothing_is_loaded() -> None:
    text = shown("html", FULL)
    assert not re.search(r"\b(?:src|href)=|url\(|@import|<script|<link", text)


def test_findings_stand_under_their_file() -> None:
    text = _page(shown("html", FULL)).text
    places = [text.index(part) for part in ("a.py", "a guard is gone", "shell=True", "b.py", "never true")]
    assert places == sorted(places)


def test_the_flagged_text_is_marked() -> None:
    assert "key = &#39;<mark>AKIA…</mark>&#39;" in shown("html", FULL)


def test_what_was_held_back_and_not_looked_at_is_listed() -> None:
    text = shown("html", FULL)
    assert "<li>a.py:9: py.command.shell-true (baseline: known)</li>" in text
    assert "<li>vendor/x.js: excluded</li>" in text


def test_an_empty_review_says_so() -> None:
    assert "<p>nothing to review</p>" in shown("html", EMPTY)


def test_bidi_overrides_are_shown_as_escapes() -> None:
    assert "\u202e" in HOSTILE
    assert "\u202e" not in shown("html", review(hostile()))
