"""The language of a file, by its name or its first line."""

from __future__ import annotations

_BY_EXTENSION = {
    "py": "python", "pyi": "python", "pyw": "python",
    "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "javascript",
    "ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "typescript",
    "go": "go", "rs": "rust", "java": "java", "kt": "kotlin", "kts": "kotlin", "scala": "scala", "swift": "swift",
    "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp", "cxx": "cpp", "hh": "cpp", "hpp": "cpp", "cs": "csharp",
    "rb": "ruby", "rake": "ruby", "gemspec": "ruby", "php": "php", "phtml": "php", "lua": "lua",
    "ex": "elixir", "exs": "elixir", "hs": "haskell", "nix": "nix", "sol": "solidity", "dart": "dart", "zig": "zig",
    "sh": "bash", "bash": "bash", "zsh": "bash", "ksh": "bash", "bats": "bash",
    "ps1": "powershell", "psm1": "powershell",
    "html": "html", "htm": "html", "xhtml": "html", "vue": "vue", "svelte": "svelte", "erb": "erb",
    "css": "css", "scss": "scss", "less": "less",
    "json": "json", "jsonc": "json", "json5": "json", "yaml": "yaml", "yml": "yaml", "toml": "toml", "ini": "ini",
    "cfg": "ini", "conf": "ini", "env": "dotenv", "properties": "properties", "xml": "xml", "proto": "proto",
    "tf": "hcl", "tfvars": "hcl", "hcl": "hcl", "sql": "sql", "graphql": "graphql", "gql": "graphql",
    "dockerfile": "dockerfile", "containerfile": "dockerfile", "mk": "make", "cmake": "cmake",
    "md": "markdown", "markdown": "markdown", "rst": "rst", "txt": "text", "lock": "lock",
}  # fmt: skip

_BY_NAME = {
    "dockerfile": "dockerfile", "containerfile": "dockerfile", "makefile": "make", "gnumakefile": "make",
    "cmakelists.txt": "cmake", "gemfile": "ruby", "rakefile": "ruby", "vagrantfile": "ruby", "podfile": "ruby",
    "jenkinsfile": "groovy", "go.mod": "gomod", "go.sum": "lock", ".bashrc": "bash", ".profile": "bash",
    ".zshrc": "bash", ".env": "dotenv", "pipfile": "toml", ".npmrc": "ini", ".pypirc": "ini", ".netrc": "text",
    ".gitconfig": "ini", ".editorconfig": "ini", ".babelrc": "json", ".eslintrc": "json",
}  # fmt: skip

_BY_INTERPRETER = {
    "python": "python", "pypy": "python", "sh": "bash", "bash": "bash", "zsh": "bash", "dash": "bash", "ksh": "bash",
    "node": "javascript", "deno": "typescript", "bun": "javascript", "ruby": "ruby", "php": "php", "lua": "lua",
}  # fmt: skip

ALIASES = {
    "py": "python", "js": "javascript", "jsx": "javascript", "ts": "typescript", "tsx": "typescript",
    "golang": "go", "rs": "rust", "rb": "ruby", "c#": "csharp", "cs": "csharp", "sh": "bash", "shell": "bash",
    "yml": "yaml", "terraform": "hcl", "docker": "dockerfile", "kt": "kotlin", "c++": "cpp",
}  # fmt: skip
"""Other names for a language that a rule file may use."""

LANGUAGES = frozenset(_BY_EXTENSION.values()) | frozenset(_BY_NAME.values())

_GRAMMARS = frozenset(
    (
        "python", "javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp", "csharp", "kotlin", "swift",
        "ruby", "php", "bash", "html", "css", "json", "yaml", "lua", "scala", "elixir", "haskell", "nix", "hcl",
        "solidity", "markdown", "dart",
    )
)  # fmt: skip
"""Languages built into ast-grep-py 0.51; it ends the process' thread with a Rust backtrace on any other name."""


def language_of(path: str, first_line: bytes = b"") -> str | None:
    """Language of the file at `path`, or None; `first_line` settles scripts without an extension."""
    name = path[path.rfind("/") + 1 :].lower()
    found = _BY_NAME.get(name)
    if found is None:
        _, dot, extension = name.rpartition(".")
        found = _BY_EXTENSION.get(extension) if dot else None
        if found is None and (name.startswith(("dockerfile.", "containerfile."))):
            found = "dockerfile"
        if found is None and name.startswith(".env."):
            found = "dotenv"
    if found is None and first_line.startswith(b"#!"):
        found = _interpreter(first_line)
    return found


def _interpreter(first_line: bytes) -> str | None:
    words = first_line[2:].decode("utf-8", "replace").split()
    names = [word.rpartition("/")[2] for word in words if not word.startswith("-") and "=" not in word]
    name = next((name for name in names if name != "env"), "")
    return _BY_INTERPRETER.get(name.rstrip("0123456789."))


def grammar_of(language: str, path: str) -> str | None:
    """Name of the ast-grep grammar for a file in `language`, or None where none is built in."""
    if language == "typescript" and path.lower().endswith("x"):
        return "tsx"
    return language if language in _GRAMMARS else None


def grammars_of(language: str) -> tuple[str, ...]:
    """Every grammar that a rule for `language` must be compiled with."""
    if language == "typescript":
        return ("typescript", "tsx")
    return (language,) if language in _GRAMMARS else ()
