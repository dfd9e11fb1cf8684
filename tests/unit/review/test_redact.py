"""No secret that the rules find gets into a prompt."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from review_bot import resources
from review_bot.diffing.narrow import whole
from review_bot.domain.review import SourceInfo
from review_bot.pipeline.examples import diff_of, sample_path
from review_bot.ports import Change
from review_bot.review.redact import Redactor, Secret
from review_bot.rules.ruleset import RuleSet
from review_bot.stores import rule_cache

if TYPE_CHECKING:
    from review_bot.rules.model import Rule

AWS = "AKIA" + "Q3EGRLWZ5KT7VXN2"
TOKEN = "ghp_" + "9aB3kQ7xYz1LmN4pR8sT2vW6uC0dE5fG7hJ1"
PASSWORD = "Tr0ub4dor!" + "Zx91"


class Texts:
    def __init__(self, before: str | None, after: str | None) -> None:
        self.before, self.after = before, after

    def new(self, _file: object) -> bytes | None:
        return None if self.after is None else self.after.encode()

    def old(self, _file: object) -> bytes | None:
        return None if self.before is None else self.before.encode()


@cache
def rules() -> RuleSet:
    return rule_cache.load()


def change(path: str, before: str, after: str, *, at_hand: bool = True) -> Change:
    contents = Texts(before, after) if at_hand else Texts(None, None)
    return Change(SourceInfo("diff"), (diff_of(path, before, after),), contents)


def test_a_secret_is_replaced_by_its_kind() -> None:
    redactor = Redactor.of(change("a.py", "", f"KEY = '{AWS}'\n"), rules())
    assert redactor.line("a.py", "new", 1, f"KEY = '{AWS}'") == "KEY = '<secret:aws-access-key-id>'"


@pytest.mark.parametrize("at_hand", [True, False], ids=["whole file", "hunks alone"])
def test_secrets_on_unchanged_and_removed_lines_are_found(*, at_hand: bool) -> None:
    before = f"a = 1\nkey = '{AWS}'\ntoken = '{TOKEN}'\nb = 2\n"
    after = f"a = 1\nkey = '{AWS}'\nb = 3\n"
    redactor = Redactor.of(change("a.py", before, after, at_hand=at_hand), rules())
    assert AWS not in redactor.line("a.py", "new", 2, f"key = '{AWS}'")
    assert TOKEN not in redactor.line("a.py", "old", 3, f"token = '{TOKEN}'")


def test_hunks_alone_keep_the_numbers_of_their_lines() -> None:
    before = "".join(f"line_{n} = {n}\n" for n in range(40))
    after = before.replace("line_30 = 30\n", f"password = '{PASSWORD}'\n")
    redactor = Redactor.of(change("a.py", before, after, at_hand=False), rules())
    assert [(one.side, one.line) for one in redactor.secrets] == [("new", 31)]


def test_a_secret_of_one_file_is_replaced_in_every_text() -> None:
    redactor = Redactor.of(change("a.py", "", f"password = '{PASSWORD}'\n"), rules())
    assert redactor.text(f"Use {PASSWORD} from now on") == "Use <secret:py-password-literal> from now on"
    assert redactor.line("README.md", "new", 9, f"login with {PASSWORD}").endswith("<secret:py-password-literal>")


def test_a_text_is_looked_through_for_secrets_of_its_own() -> None:
    redactor = Redactor.of(change("a.py", "", "a = 1\n"), rules())
    text = redactor.text(f"Rotate the key\n\nThe old one was {TOKEN}, password = 'Tr0ub4dor!Qq7'\n")
    assert (
        text == "Rotate the key\n\nThe old one was <secret:github-token>, password = '<secret:py-password-literal>'\n"
    )


def test_an_everyday_word_is_replaced_on_its_line_and_in_quotes_only() -> None:
    redactor = Redactor([Secret("letmein", "password", "a.py", "new", 1)])
    assert redactor.line("a.py", "new", 1, "p = letmein") == "p = <secret:password>"
    assert redactor.known("letmein() or 'letmein'") == "letmein() or '<secret:password>'"


def test_every_line_of_a_private_key_goes() -> None:
    body = ["BnExGBH6w0KauIYJRCOZsRqrWk2Zy2dJYIp6BixXWnoqV+8NPac5FkZLkmtx0Q4Q"[n:] + "b/9+" * n for n in range(9)]
    key = "-----BEGIN RSA PRIVATE" + " KEY-----\n" + "\n".join(body) + "\nQ0x=\n-----END RSA PRIVATE" + " KEY-----\n"
    redactor = Redactor.of(change("server.pem", "", key), rules())
    shown = "\n".join(redactor.line("server.pem", "new", n, one) for n, one in enumerate(key.split("\n"), 1))
    assert not [line for line in (*body, "Q0x=") if line in shown]


def test_all_secrets_of_an_environment_file_go_and_nothing_else() -> None:
    text = f"APP_NAME=my-service\nSECRET_KEY={PASSWORD}\nDB_PASS=other!99pass\nDSN=postgres://u:Zx81!qq@db/x\n"
    redactor = Redactor.of(change("prod/.env", "", text), rules())
    shown = [redactor.line("prod/.env", "new", n, one) for n, one in enumerate(text.split("\n"), 1)]
    assert shown[0] == "APP_NAME=my-service"
    assert not [secret for secret in (PASSWORD, "other!99pass", "Zx81!qq") if secret in "\n".join(shown)]


def test_names_of_secrets_stay() -> None:
    text = "log.info('user %s password %s', user, password)"
    redactor = Redactor.of(change("a.py", "", text + "\n"), rules())
    assert redactor.line("a.py", "new", 1, text) == text


def test_what_an_answer_may_not_bring_back() -> None:
    redactor = Redactor([Secret(TOKEN, "github-token", "a.py", "new", 1)])
    assert redactor.taints("token = '<secret:github-token>'")
    assert redactor.taints(f"token = '{TOKEN}'")
    assert not redactor.taints("token = os.environ['TOKEN']")
    assert redactor.known(f"the token {TOKEN} leaks") == "the token <secret:github-token> leaks"


def test_binary_files_and_no_files_are_fine() -> None:
    file = whole("a.bin", b"\0\0")
    assert Redactor.of(Change(SourceInfo("diff"), (file,), Texts(None, None)), rules()).secrets == ()
    assert Redactor.of(Change(SourceInfo("diff"), (), Texts(None, None)), rules()).secrets == ()


def _examples() -> list[tuple[Rule, str, str]]:
    cases = []
    for file in rule_cache.read_files(resources.rule_files()):
        for rule in file.rules:
            if rule.category == "secrets" and rule.kind in ("entropy", "regex") and "secrets" in rule.file:
                bad = [(one.path or sample_path(rule), one.bad) for one in file.examples[rule.id] if one.bad]
                cases += [(rule, path, text) for path, text in bad[:1]]
    return cases


def test_after_it_no_secret_rule_fires_on_its_own_examples() -> None:
    cases = _examples()[::2]
    assert len(cases) > 65
    left = []
    for rule, path, text in cases:
        first = Redactor.of(change(path, "", text), rules())
        shown = "\n".join(first.line(path, "new", n, one) for n, one in enumerate(text.split("\n"), 1))
        again = Redactor.of(change(path, "", shown), RuleSet.of([rule])).secrets
        if shown == text or again:
            left.append((rule.id, shown))
    assert left == []
