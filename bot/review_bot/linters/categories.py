"""Categories of ours for what other tools find: by CWE, else by the tool's own code, else by words in its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BY_CWE = {
    77: "injection-command", 78: "injection-command", 88: "injection-command", 89: "injection-sql",
    564: "injection-sql", 94: "injection-code", 95: "injection-code", 96: "injection-code", 1336: "injection-code",
    502: "deserialisation", 79: "xss", 80: "xss", 116: "xss", 918: "ssrf", 22: "path-traversal", 23: "path-traversal",
    73: "path-traversal", 601: "open-redirect", 352: "csrf", 611: "xxe", 776: "xxe", 295: "tls", 297: "tls", 319: "tls",
    326: "weak-crypto", 327: "weak-crypto", 328: "weak-crypto", 330: "weak-crypto", 338: "weak-crypto",
    259: "secrets", 312: "secrets", 522: "secrets", 798: "secrets", 284: "access-control", 285: "access-control",
    287: "access-control", 306: "access-control", 732: "access-control", 862: "access-control", 863: "access-control",
    614: "cookies", 1004: "cookies", 1275: "cookies", 400: "dos", 770: "dos", 1333: "dos", 1104: "supply-chain",
    829: "supply-chain", 390: "error-handling", 703: "error-handling", 754: "error-handling", 755: "error-handling",
    404: "resource-leak", 772: "resource-leak", 775: "resource-leak", 362: "concurrency", 367: "concurrency",
    377: "path-traversal", 489: "debug-leftover",
}  # fmt: skip

_BY_CODE = (
    # ruff's codes, longest prefix first: https://docs.astral.sh/ruff/rules/
    ("S105", "secrets"), ("S106", "secrets"), ("S107", "secrets"), ("S103", "access-control"),
    ("S104", "access-control"), ("S108", "path-traversal"), ("S202", "path-traversal"), ("S101", "correctness"),
    ("S110", "error-handling"), ("S112", "error-handling"), ("S113", "resource-leak"), ("S102", "injection-code"),
    ("S307", "injection-code"), ("S301", "deserialisation"), ("S302", "deserialisation"), ("S403", "deserialisation"),
    ("S506", "deserialisation"), ("S303", "weak-crypto"), ("S304", "weak-crypto"), ("S305", "weak-crypto"),
    ("S311", "weak-crypto"), ("S324", "weak-crypto"), ("S505", "weak-crypto"), ("S308", "xss"), ("S701", "xss"),
    ("S702", "xss"), ("S310", "ssrf"), ("S313", "xxe"), ("S314", "xxe"), ("S315", "xxe"), ("S316", "xxe"),
    ("S317", "xxe"), ("S318", "xxe"), ("S319", "xxe"), ("S320", "xxe"), ("S323", "tls"), ("S501", "tls"),
    ("S502", "tls"), ("S503", "tls"), ("S504", "tls"), ("S507", "tls"), ("S321", "tls"), ("S312", "tls"),
    ("S60", "injection-command"), ("S608", "injection-sql"), ("S610", "injection-sql"), ("S611", "injection-sql"),
    ("S201", "debug-leftover"), ("T10", "debug-leftover"), ("T20", "debug-leftover"), ("BLE", "error-handling"),
    ("TRY", "error-handling"), ("E722", "error-handling"), ("B904", "error-handling"), ("SIM115", "resource-leak"),
    ("ASYNC", "concurrency"), ("PERF", "performance"), ("PT", "tests"), ("DTZ", "correctness"), ("PLE", "correctness"),
    ("PLW", "correctness"), ("PLC", "conventions"), ("PLR", "maintainability"), ("C90", "maintainability"),
    ("SIM", "maintainability"), ("RUF", "correctness"), ("UP", "maintainability"), ("FURB", "maintainability"),
    ("F", "correctness"), ("B", "correctness"), ("E9", "correctness"), ("E7", "correctness"), ("E", "conventions"),
    ("W", "conventions"), ("D", "conventions"), ("N", "conventions"), ("I", "conventions"), ("ANN", "conventions"),
    ("S", "maintainability"),
)  # fmt: skip

_BY_WORD = (
    ("sql", "injection-sql"), ("command", "injection-command"), ("shell", "injection-command"),
    ("eval", "injection-code"),
    ("deserial", "deserialisation"), ("pickle", "deserialisation"), ("xss", "xss"), ("cross-site-scripting", "xss"),
    ("ssrf", "ssrf"), ("path-traversal", "path-traversal"), ("traversal", "path-traversal"),
    ("redirect", "open-redirect"),
    ("csrf", "csrf"), ("xxe", "xxe"), ("tls", "tls"), ("ssl", "tls"), ("certificate", "tls"), ("crypto", "weak-crypto"),
    ("hash", "weak-crypto"), ("secret", "secrets"), ("password", "secrets"), ("credential", "secrets"),
    ("cookie", "cookies"), ("unused", "maintainability"), ("test", "tests"),
)  # fmt: skip


def category_of(code: str, cwe: Iterable[int] = (), words: str = "") -> str:
    """The category of a finding of another tool; `correctness` where nothing tells."""
    for number in cwe:
        if number in _BY_CWE:
            return _BY_CWE[number]
    if code[:1].isupper() and code[-1:].isdigit():
        fitting = [(prefix, category) for prefix, category in _BY_CODE if code.startswith(prefix)]
        if fitting:
            return max(fitting, key=lambda pair: len(pair[0]))[1]
    lowered = f"{code} {words}".lower()
    return next((category for word, category in _BY_WORD if word in lowered), "correctness")
