"""One HTML page without scripts or outside resources, findings by file."""

from __future__ import annotations

from review_bot.formats.folded import parted, told, why_folded
from review_bot.formats.lines import SourceLines
from review_bot.formats.plain import markup, one_line, reason
from review_bot.formats.summary import not_looked_at, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions
    from review_bot.formats.lines import Excerpt

_STYLE = """
:root { color-scheme: light dark; --edge: #8886; --error: #c62828; --warning: #b26a00; --info: #1565c0; --back: #8881; }
@media (prefers-color-scheme: dark) { :root { --error: #ff8a80; --warning: #ffc166; --info: #82b7ff; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font: 600 1rem/1.5 ui-monospace, monospace; border-bottom: 1px solid var(--edge); overflow-wrap: anywhere; }
article { border-left: 3px solid var(--edge); padding: 0 0 0 .8rem; margin: 1rem 0; }
.error { border-color: var(--error); } .warning { border-color: var(--warning); } .info { border-color: var(--info); }
b.error { color: var(--error); } b.warning { color: var(--warning); } b.info { color: var(--info); }
p { margin: .2rem 0; overflow-wrap: anywhere; }
pre { background: var(--back); padding: .5rem; overflow-x: auto; margin: .3rem 0; }
mark { background: none; color: inherit; text-decoration: underline wavy var(--error); }
.note { opacity: .8; }
"""


def render(review: Review, options: RenderOptions) -> str:
    """The whole page; a policy in its head forbids everything but its own style."""
    lines = SourceLines(review, options.source)
    parts = [_head(), "<h1>review-bot</h1>", f"<p>{markup(summary(review))}</p>"]
    path = None
    shown, folded = parted(review.findings)
    for finding in shown:
        if finding.path != path:
            parts.append(f"<h2>{markup(finding.path)}</h2>")
        path = finding.path
        parts.append(_article(finding, lines))
    parts += _list("Folded by memory", [f"{_place(one)} ({why_folded(one)})" for one in folded])
    parts += [*_list("Suppressed", _held_back(review)), *_list("Not looked at", _unseen(review))]
    return "\n".join([*parts, "</body>", "</html>", ""])


def _head() -> str:
    import base64
    import hashlib

    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>review-bot</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    )


def _article(finding: Finding, lines: SourceLines) -> str:
    severity, rule = finding.severity, markup(finding.rule)
    place = f"{'removed line' if finding.side == 'old' else 'line'} {finding.start_line}"
    parts = [
        f'<article class="{severity}">',
        f'<p><b class="{severity}">{severity}</b> {place}: {markup(one_line(finding.message))} <code>{rule}</code></p>',
    ]
    source = [_source_line(excerpt) for excerpt in lines.excerpts(finding)]
    parts += [_pre(source)] if source else []
    parts += [f'<p class="note">{markup(reason(finding))}</p>'] if finding.why else []
    parts += [f'<p class="note">Memory: {markup(told(finding))}</p>'] if told(finding) else []
    parts += _suggestion(finding, lines)
    return "\n".join([*parts, "</article>"])


def _source_line(excerpt: Excerpt) -> str:
    text, start, end = excerpt.text, max(excerpt.start, 0), max(excerpt.end, excerpt.start)
    flagged = f"<mark>{_code(text[start:end])}</mark>"
    return f"{excerpt.number:>5}  {_code(text[:start])}{flagged}{_code(text[end:])}"


def _suggestion(finding: Finding, lines: SourceLines) -> list[str]:
    fix = finding.suggestion
    if fix is None:
        return []
    added = fix.replacement.split("\n") if fix.replacement else []
    rows = [f"- {_code(text)}" for text in lines.replaced(finding)] + [f"+ {_code(text)}" for text in added]
    checked = f" (checked: {markup(', '.join(fix.verified))})" if fix.verified else ""
    return [f'<p class="note">Suggestion{checked}:</p>', _pre(rows)]


def _pre(rows: list[str]) -> str:
    return "<pre>" + "\n".join(rows) + "</pre>"


def _code(text: str) -> str:
    return markup(text.replace("\t", "    "))


def _held_back(review: Review) -> list[str]:
    return [f"{_place(held.finding)} ({held.by}: {one_line(held.reason)})" for held in review.suppressed]


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.start_line}: {finding.rule}"


def _unseen(review: Review) -> list[str]:
    return [f"{path}: {why}" for path, why in not_looked_at(review)]


def _list(title: str, items: list[str]) -> list[str]:
    rows = [f"<li>{markup(item)}</li>" for item in items]
    return [f"<h2>{title}</h2>", "<ul>", *rows, "</ul>"] if rows else []
