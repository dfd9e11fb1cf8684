"""Migrations that destroy or block, and those that were changed after others ran them."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.masking import without_comments
from review_bot.rules.delta.words import closing, squeezed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Statement
    from review_bot.rules.match import Match

_FOLDER = lazy(
    r"(?:^|/)(?:migrations?|db/migrate|alembic/versions|versions|flyway|liquibase|changelogs?"
    r"|schema_migrations|migrate)(?:/|$)",
    re.IGNORECASE,
)
_NUMBERED = lazy(
    r"^(?:[VU]?\d|[0-9a-f]{10,}_)\w*.*\.(?:sql|py|rb|js|ts|mjs|cjs|go|php|java|xml|ya?ml)$|^migration\.sql$"
)
_NO_MIGRATION = lazy(r"^(?:__init__\.py|env\.py|schema\.rb|README.*|index\.\w+|.*\.lock.*|.*\.snap)$|(?:^|/)tests?/")
_DOWN_FILE = lazy(r"\.down\.|[._-](?:down|undo|rollback|revert)\.\w+$|^U\d|/(?:down|undo|rollback)/", re.IGNORECASE)
_DOWN = lazy(
    r"(?:def|async|function|func|public function|exports\.|public|override"
    r"|protected)\W.*\b(?:downgrade|down|rollback|database_backwards|reverse|Down|undo)\b"
    r"|exports\.down\b|(?:async )?down ?\(|down ?[:=]|--+ *(?:\+goose Down|migrate:down"
    r"|\+migrate Down|down\b|rollback\b|undo\b)|//\s*@?UNDO",
    re.IGNORECASE,
)
_UP = lazy(
    r"(?:def|async|function|func|exports\.|public)\W.*\b(?:upgrade|up|forwards|change|Up)\b"
    r"|exports\.up\b|(?:async )?up ?\(|--+ *(?:\+goose Up|migrate:up|\+migrate Up|up\b)",
    re.IGNORECASE,
)
_DESTRUCTIVE = (
    (
        lazy(r"\bDROP\s+(?:COLUMN|TABLE|SCHEMA|DATABASE)\s+(?:IF\s+EXISTS\s+)?(?P<name>[\w.\"`\[\]]+)", re.IGNORECASE),
        "drops {}",
    ),
    (lazy(r"\bTRUNCATE\s+(?:TABLE\s+)?(?P<name>[\w.\"`]+)", re.IGNORECASE), "empties {}"),
    (lazy(r"\bRENAME\s+(?:COLUMN\s+(?P<name>[\w.\"`]+)|TO\s+(?P<name2>[\w.\"`]+))", re.IGNORECASE), "renames {}"),
    (lazy(r"\bALTER\s+(?:COLUMN\s+)?(?P<name>[\w.\"`]+)\s+SET\s+NOT\s+NULL", re.IGNORECASE), "makes {} mandatory"),
    (
        lazy(
            r"\bALTER\s+COLUMN\s+(?P<name>[\w.\"`]+)\s+(?:SET\s+DATA\s+)?TYPE\b"
            r"|\bMODIFY\s+(?:COLUMN\s+)?(?P<name2>[\w.\"`]+)\s+\w+",
            re.IGNORECASE,
        ),
        "changes the type of {}",
    ),
    (lazy(r"\bop\.drop_(?:column|table|constraint)\((?P<name>[^)]*)\)"), "drops {}"),
    (lazy(r"\bmigrations\.(?:RemoveField|DeleteModel)\((?P<name>.*)\)"), "drops {}"),
    (lazy(r"\bmigrations\.(?:RenameField|RenameModel)\((?P<name>.*)\)"), "renames {}"),
    (lazy(r"\b(?:remove_column|drop_table|remove_columns|remove_reference)[ (]+(?P<name>[:\w\"', ]+)"), "drops {}"),
    (
        lazy(r"\b(?:rename_column|rename_table)[ (]+(?P<name>[:\w\"', ]+)|\bop\.rename_table\((?P<name2>[^)]*)\)"),
        "renames {}",
    ),
    (lazy(r"\bchange_column[ (]+(?P<name>[:\w\"', ]+)"), "changes the type of {}"),
    (
        lazy(
            r"\.(?:dropColumn|dropColumns|dropTable|dropTableIfExists|removeColumn"
            r"|dropIfExists)\((?P<name>[^)]*)\)|Schema::drop(?:IfExists)?\((?P<name2>[^)]*)\)"
        ),
        "drops {}",
    ),
    (lazy(r"\.(?:renameColumn|renameTable)\((?P<name>[^)]*)\)"), "renames {}"),
    (lazy(r"\bop\.alter_column\((?P<name>[^,]*,[^,]*),.*(?<!existing_)nullable\s*=\s*False"), "makes {} mandatory"),
    (lazy(r"\bop\.alter_column\((?P<name>[^,]*,[^,]*),.*\btype_\s*="), "changes the type of {}"),
    (lazy(r"\bchange_column_null[ (]+(?P<name>[:\w\"', ]+),\s*false"), "makes {} mandatory"),
)
_ADDS = (
    lazy(
        r"\bADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>(?!CONSTRAINT|INDEX|KEY|PRIMARY|UNIQUE"
        r"|FOREIGN|CHECK)[\w\"`]+)\s+[^,;]*\bNOT\s+NULL\b(?P<rest>[^,;]*)",
        re.IGNORECASE,
    ),
    lazy(r"\bop\.add_column\((?P<name>.*nullable\s*=\s*False.*)"),
    lazy(r"\badd_column[ (]+(?P<name>[:\w\"', ]+).*null: false(?P<rest>.*)"),
    lazy(r"\bmigrations\.AddField\((?P<name>.*)"),
)
_HAS_DEFAULT = lazy(
    r"\bDEFAULT\b|server_default|default\s*[=:]|null\s*=\s*True|GENERATED|AUTO_INCREMENT|SERIAL"
    r"|ManyToManyField|auto_now",
    re.IGNORECASE,
)
_CREATED = lazy(
    r"\bCREATE\s+(?:TEMP(?:ORARY)?\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.\"`]+)"
    r"|create_table[ (]+[:\"']?(\w+)|CreateModel\(\s*name=[\"'](\w+)|createTable\(\s*[\"'`](\w+)",
    re.IGNORECASE,
)
_TABLE = lazy(
    r"\bALTER\s+TABLE\s+(?:ONLY\s+)?(?:IF\s+EXISTS\s+)?([\w.\"`]+)"
    r"|\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?([\w.\"`]+)|add_column[ (]+[:\"']?(\w+)",
    re.IGNORECASE,
)
_WITHOUT_WHERE = lazy(
    r"^\s*(?:DELETE\s+FROM\s+(?P<name>[\w.\"`]+)|UPDATE\s+(?P<name2>[\w.\"`]+)\s+SET\b(?!.*\bWHERE\b).*)\s*;",
    re.IGNORECASE,
)
_SESSION = lazy(
    r"\bSET\s+(?:LOCAL\s+|SESSION\s+)?(?:statement_timeout|lock_timeout|search_path)\b|\bget_bind\(\)\s*$"
    r"|[\"'(\s](?:COMMIT|BEGIN)\b\s*;?\s*[\"']|\.(?:commit|begin)\(\)|autocommit",
    re.IGNORECASE,
)
"""How a migration talks to the database: the schema is the same."""
_POSTGRES = lazy(r"postgres|::\w+|jsonb|uuid_generate|\bSERIAL\b|CONCURRENTLY|plpgsql|psql|timestamptz", re.IGNORECASE)
_INDEX = lazy(
    r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>\w+)\s+ON\s+"
    r"(?:ONLY\s+)?(?P<table>[\w.\"`]+)",
    re.IGNORECASE,
)


def migration_unsafe(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Steps of a new migration that lose data or break the running version; any change of an old one."""
    if not is_migration(file.path) or file.view.file.deleted:
        return
    if not file.view.file.new_file and file.view.file.status in ("modified", "renamed"):
        yield from _edited(file)
        return
    if not _DOWN_FILE.search(file.path):
        yield from _steps(file)


def is_migration(path: str) -> bool:
    """True for a numbered file in a folder of migrations."""
    folder, _, name = path.rpartition("/")
    if _NO_MIGRATION.search(name) or not _NUMBERED.match(name):
        return False
    return bool(_FOLDER.search(folder + "/")) or bool(re.match(r"V\d+(?:[._]\d+)*__", name))


def _edited(file: FileChange) -> Iterator[Match]:
    """The first line with code of a migration that others may have run already."""
    kept = {squeezed(_code(file, text)) for _, text in file.added}
    for number, text in file.removed:
        code = _code(file, text)
        if code.strip() and squeezed(code) not in kept and not _harmless(code):
            yield file.match_line(
                "old",
                number,
                f"{file.path.rsplit('/', 1)[-1]} was changed after it was merged: whoever ran it keeps the old schema",
            )
            return
    kept = {squeezed(_code(file, text)) for _, text in file.removed}
    for number, text in file.added:
        code = _code(file, text)
        if code.strip() and squeezed(code) not in kept and not _harmless(code):
            yield file.match_line(
                "new",
                number,
                f"{file.path.rsplit('/', 1)[-1]} was changed after it was merged: whoever ran it keeps the old schema",
            )
            return


def _code(file: FileChange, text: str) -> str:
    return without_comments(text, file.language)


def _harmless(code: str) -> bool:
    return (
        bool(
            re.match(
                r"\s*(?:import|from|use|require|(?:const|let|var) [^=]*= require\(|#|\"\"\"|'''|@|class "
                r"|verbose_name|help_text|[)\]}(,;]+\s*$)",
                code,
            )
        )
        or bool(re.search(r"^\s*\w*\s*verbose_name|help_text\s*=", code))
        or bool(_SESSION.search(code))
        or (code.strip().startswith(("'", '"')) and code.strip().endswith(('."""', ".'''")))
    )


def _steps(file: FileChange) -> Iterator[Match]:
    whole = "\n".join(_code(file, text) for text in file.view.lines("new").values())
    made = {name.strip('"`').lower() for found in _CREATED.findall(whole) for name in found if name}
    down = False
    for statement in file.new.statements:
        down = _in_down(file, statement, down=down)
        code = _code(file, statement.text)
        if down or not file.is_added(statement) or statement.text.startswith(("def ", "class ", "import ", "from ")):
            continue
        reason = _danger(code, made, whole)
        if reason:
            yield file.match("new", statement, re.split(r"[\s(]", reason)[-1], A=reason)


def _in_down(file: FileChange, statement: Statement, *, down: bool) -> bool:
    """Whether a statement stands in the part that takes the migration back."""
    for number in range(
        (file.new.statements[statement.position - 1].end if statement.position else 0) + 1, statement.end + 1
    ):
        text = file.view.lines("new").get(number, "")
        if _DOWN.search(text):
            down = True
        elif _UP.search(text):
            down = False
    return down


def _danger(code: str, made: set[str], whole: str) -> str | None:
    table = _TABLE.search(code)
    named = next((group for group in table.groups() if group), "") if table else ""
    if named.strip('"`').lower() in made or re.search(
        r"(?i)\b(?:tmp|temp|backup|old)_|_(?:tmp|temp|backup|old)\b", named
    ):
        return None
    if re.search(r"(?i)\bALTER\s+(?:TYPE|INDEX|SEQUENCE|TRIGGER|FUNCTION)\b.*\bRENAME\b", code):
        return None
    for shape, words in _DESTRUCTIVE:
        found = shape.search(code)
        if found:
            name = next((group for group in found.groups() if group), "")
            return words.format(" ".join(re.sub(r"[\"'`]", "", name).split())[:60])
    return _adding(code) or _wholesale(code) or _blocking(code, made, whole)


def _adding(code: str) -> str | None:
    for shape in _ADDS:
        found = shape.search(code)
        if found and not _HAS_DEFAULT.search(found[0]) and not _HAS_DEFAULT.search(_rest(code, found.start())):
            name = re.search(
                r"[\"':]?(\w+)[\"']?\s*(?:,|$|\s)",
                re.sub(r"model_name\s*=\s*[\"']\w+[\"'],?\s*|name\s*=\s*", "", found["name"]),
            )
            return f"adds a mandatory column without a default to rows that are there ({name[1] if name else ''})"
    return None


def _rest(code: str, start: int) -> str:
    begin = code.find("(", start)
    end = closing(code, begin) if begin >= 0 else -1
    return code[start:end] if end >= 0 else ""


def _wholesale(code: str) -> str | None:
    found = _WITHOUT_WHERE.search(code)
    return (
        f"changes every row of {found['name'] or found['name2']}" if found and " where " not in code.lower() else None
    )


def _blocking(code: str, made: set[str], whole: str) -> str | None:
    found = _INDEX.search(code)
    if not found or found["table"].strip('"`').lower() in made or not _POSTGRES.search(whole):
        return None
    return f"blocks writes to {found['table']} while the index is built"
