"""Words that the lexer of `normalise` keeps, and what kind of language each one is."""

from __future__ import annotations

FAMILIES = {
    **dict.fromkeys(("bash", "powershell", "dockerfile", "make", "cmake"), "shell"),
    **dict.fromkeys(
        ("yaml", "json", "toml", "ini", "dotenv", "properties", "hcl", "lock", "gomod", "nix", "graphql", "proto"),
        "config",
    ),
    **dict.fromkeys(("css", "scss", "less"), "config"),
    **dict.fromkeys(("html", "xml", "vue", "svelte", "erb"), "markup"),
    **dict.fromkeys(("markdown", "rst", "text"), "prose"),
    "sql": "sql",
}
"""Kind of a language; those not named are programming languages."""

HASH_COMMENTS = frozenset(
    (
        "python", "ruby", "bash", "powershell", "dockerfile", "make", "cmake", "yaml", "toml", "ini", "dotenv",
        "properties", "elixir", "nix", "graphql", "lock",
    )
)  # fmt: skip
"""Languages whose comments begin with `#`."""

CASELESS = frozenset(("true", "false", "null", "none", "yes", "no", "on", "off", "True", "False", "Yes", "No"))

_OF_CODE = """
    abstract and as assert async await begin bool boolean break byte case catch chan char class const constexpr continue
    debugger declare def default defer del delete do double dyn echo elif else elsif end ensure enum except export
    extends extern fallthrough false False final finally fixed float fn for foreach from fun func function global go
    goto if impl implements import in include inline instanceof int int8 int16 int32 int64 interface internal into is
    lambda let lock long loop map match mod module move mut namespace native new nil None nonlocal not null nullptr
    object of operator or out override package params pass private protected pub public raise range readonly ref
    register require rescue return sealed select self Self short signed sizeof static str string String struct super
    switch synchronized template then this throw throws trait transient true True try type typedef typeof uint
    undefined union unless unsafe unsigned until use using val var virtual void volatile when where while with xor yield
"""
KEYWORDS = frozenset(_OF_CODE.split())
"""Words of programming languages that say what code does: never the name of a local variable in most of them."""

_OF_SQL = """
    add all alter and any as asc begin between by cascade case check column commit concurrently constraint create cross
    database default delete desc distinct drop else end except execute exists false for foreign from full function grant
    group having if in index inner insert intersect into is join key language left like limit not null offset on only or
    order outer primary procedure references replace returning revoke right rollback schema select set table then to
    transaction trigger true truncate union unique update using values view when where with
"""
SQL_WORDS = frozenset(_OF_SQL.split())
