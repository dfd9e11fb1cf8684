"""Rule files that tests write."""

from __future__ import annotations


def rule(name: str = "own.oops", kind: str = "regex = 'oops'", bad: str = "oops", **more: str) -> str:
    """The text of one rule; `more` holds TOML values that replace or join the usual ones."""
    values = {
        "category": '"correctness"',
        "severity": '"error"',
        "confidence": '"high"',
        "languages": '["*"]',
        "message": '"found"',
        "why": '"because"',
    }
    for key, value in more.items():
        values[key.replace("_", "-")] = value
    tests = values.pop("tests", f"[[rule.test]]\nbad = '''{bad}'''\n[[rule.test]]\nok = 'fine'\n")
    tables = [f"{key} = {values.pop(key)}" for key in ("where", "fix") if key in values]
    plain = [f"{key} = {value}" for key, value in values.items()]
    return "\n".join(["[[rule]]", f'id = "{name}"', *plain, *tables, kind, tests])


def rules(*texts: str) -> str:
    """A rule file."""
    return "schema = 1\n" + "\n".join(texts)
