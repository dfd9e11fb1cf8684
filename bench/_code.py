"""Python code made at random, in the shape of ordinary modules: the same for the same seed."""

from __future__ import annotations

import random

_NOUNS = (
    "order",
    "invoice",
    "user",
    "account",
    "session",
    "report",
    "shipment",
    "message",
    "ticket",
    "product",
    "region",
)
_VERBS = ("load", "store", "merge", "parse", "render", "update", "remove", "select", "count", "send", "check", "build")

_FUNCTIONS = (
    '''def {verb}_{noun}(path, limit=10):
    """Return the {noun}s below `path`, at most `limit`."""
    result = []
    for name in sorted(os.listdir(path)):
        if not name.endswith(".{noun}"):
            continue
        with open(os.path.join(path, name), encoding="utf-8") as stream:
            result.append(json.load(stream))
        if len(result) >= limit:
            break
    return result
''',
    '''def {verb}_{noun}(first, second):
    """Combine two {noun}s, the second one wins."""
    merged = dict(first)
    for key, value in second.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = {verb}_{noun}(merged.get(key, {{}}), value)
        else:
            merged[key] = value
    return merged
''',
    '''class {Noun}{Verb}:
    """Keeps each {noun} by its number."""

    def __init__(self, connection):
        self._connection = connection
        self._known = {{}}

    def {verb}(self, number):
        if number not in self._known:
            cursor = self._connection.execute("SELECT body FROM {noun} WHERE id = ?", (number,))
            row = cursor.fetchone()
            if row is None:
                raise KeyError(number)
            self._known[number] = row[0]
        return self._known[number]
''',
    '''def {verb}_{noun}(command, timeout=30):
    """Run a command for the {noun} and return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        logger.warning("%s failed with %d", command[0], done.returncode)
        raise RuntimeError(done.stderr.strip())
    return [line.split("\\t") for line in done.stdout.splitlines() if line]
''',
)


def module(seed: int, lines: int) -> str:
    """A module of about `lines` lines, whole definitions only, each name once."""
    source = random.Random(seed)
    pairs = [(verb, noun) for verb in _VERBS for noun in _NOUNS]
    source.shuffle(pairs)
    text = "import json\nimport logging\nimport os\nimport subprocess\n\nlogger = logging.getLogger(__name__)\n"
    for verb, noun in pairs:
        if text.count("\n") >= lines:
            break
        body = source.choice(_FUNCTIONS)
        text += "\n\n" + body.format(verb=verb, noun=noun, Verb=verb.title(), Noun=noun.title())
    return text
