"""SARIF 2.1.0 and ruff's JSON as findings of ours, placed but not yet recognised again: that needs the file's text."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from review_bot.domain.finding import Finding
from review_bot.errors import SourceError
from review_bot.linters.categories import category_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.domain.finding import Severity

_LEVELS: dict[str, Severity] = {"error": "error", "warning": "warning", "note": "info", "none": "info"}
_CONFIDENCE = 0.8
_CWE = re.compile(r"cwe[-/:_ ]?0*(\d{1,5})", re.IGNORECASE)
_CERTAIN = ("F821", "F822", "F823", "E9", "PLE", "F6", "F7")
"""Codes of ruff for code that fails when it runs."""
_LONGEST = 1000


def findings(data: bytes, *, root: str, tool: str = "") -> list[Finding]:
    """The findings in `data`, with paths relative to `root`; raises SourceError where it is neither form."""
    try:
        report = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SourceError("is no JSON", remedy="give SARIF, or the JSON of ruff") from error
    if isinstance(report, dict) and isinstance(report.get("runs"), list):
        return list(_sarif(report["runs"], root, tool))
    if isinstance(report, list) and all(isinstance(row, dict) and "location" in row for row in report):
        return [one for one in (_ruff(row, root, tool or "ruff") for row in report) if one is not None]
    raise SourceError("is neither SARIF nor the JSON of ruff", remedy="for ruff: --output-format sarif")


def _ruff(row: dict[str, Any], root: str, tool: str) -> Finding | None:
    """One row of `ruff check --output-format json`; a syntax error has no code."""
    code = str(row.get("code") or "invalid-syntax")
    start, end = _table(row.get("location")), _table(row.get("end_location"))
    severity: Severity = "error" if code.startswith(_CERTAIN) or code == "invalid-syntax" else "warning"
    return _finding(
        tool=tool,
        rule=code,
        path=_relative(str(row.get("filename", "")), root),
        place=(start.get("row"), start.get("column"), end.get("row"), end.get("column")),
        message=str(row.get("message", "")),
        severity=severity,
        category="correctness" if code == "invalid-syntax" else category_of(code),
        url=row.get("url"),
    )


def _sarif(runs: list[Any], root: str, tool: str) -> Iterator[Finding]:
    for run in map(_table, runs):
        driver = _table(_table(run.get("tool")).get("driver"))
        extensions = [_table(part) for part in _list(_table(run.get("tool")).get("extensions"))]
        rules = [_table(rule) for part in (driver, *extensions) for rule in _list(part.get("rules"))]
        known = {str(rule.get("id")): rule for rule in rules}
        name = tool or str(driver.get("name") or "sarif")
        for result in map(_table, _list(run.get("results"))):
            index = result.get("ruleIndex")
            named = str(result.get("ruleId") or _table(result.get("rule")).get("id") or "")
            by_index = rules[index] if isinstance(index, int) and 0 <= index < len(rules) else {}
            rule = known.get(named) or known.get(named.rpartition("/")[0]) or by_index
            if result.get("kind", "fail") == "fail" and not result.get("suppressions"):
                yield from _result(result, rule, name, root)


def _result(result: dict[str, Any], rule: dict[str, Any], tool: str, root: str) -> Iterator[Finding]:
    code = str(result.get("ruleId") or rule.get("id") or "unknown")
    tags = " ".join(str(tag) for tag in _list(_table(rule.get("properties")).get("tags")))
    cwe = tuple(dict.fromkeys(int(number) for number in _CWE.findall(tags)))
    level = result.get("level") or _table(rule.get("defaultConfiguration")).get("level") or "warning"
    message = _table(result.get("message"))
    text = message.get("text") or message.get("markdown") or _table(rule.get("shortDescription")).get("text") or code
    for location in _list(result.get("locations"))[:1]:
        physical = _table(_table(location).get("physicalLocation"))
        region = _table(physical.get("region"))
        line = region.get("startLine", 1)
        finding = _finding(
            tool=tool,
            rule=code,
            path=_relative(str(_table(physical.get("artifactLocation")).get("uri", "")), root, uri=True),
            place=(line, region.get("startColumn", 1), region.get("endLine", line), region.get("endColumn")),
            message=str(text),
            severity=_LEVELS.get(str(level), "warning"),
            category=category_of(code, cwe, f"{rule.get('name', '')} {tags}"),
            url=rule.get("helpUri"),
            cwe=cwe,
            why=str(_table(rule.get("fullDescription")).get("text") or ""),
        )
        if finding is not None:
            yield finding


def _finding(
    *,
    tool: str,
    rule: str,
    path: str | None,
    place: tuple[Any, Any, Any, Any],
    message: str,
    severity: Severity,
    category: str,
    url: object,
    cwe: tuple[int, ...] = (),
    why: str = "",
) -> Finding | None:
    """None where the place makes no sense: a tool that is wrong about it is no reason to stop."""
    line, column, last, until = (value if type(value) is int and value > 0 else 0 for value in place)
    if path is None or line < 1:
        return None
    last = max(last, line)
    column = max(column, 1)
    return Finding(
        fingerprint="",
        rule=rule[:200],
        origin="external",
        category=category,
        severity=severity,
        confidence=_CONFIDENCE,
        path=path,
        side="new",
        start_line=line,
        end_line=last,
        start_column=column,
        end_column=until if until > 0 and (last > line or until > column) else column + 1,
        message=" ".join(message.split())[:_LONGEST] or rule,
        why=" ".join(why.split())[:_LONGEST],
        cwe=cwe,
        url=url if isinstance(url, str) and url.startswith(("https://", "http://")) else None,
        tool=tool,
    )


def _relative(name: str, root: str, *, uri: bool = False) -> str | None:
    """Path relative to `root` with `/`; None for one outside."""
    if uri:
        parts = urlsplit(name)
        if parts.scheme not in ("", "file"):
            return None
        name = unquote(parts.path, errors="surrogateescape")
    if not name:
        return None
    full = os.path.normpath(os.path.join(root, name))
    for top in (root, os.path.realpath(root)):
        if full.startswith(top.rstrip(os.sep) + os.sep):
            return full[len(top.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
    return None


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
