"""Syntax trees from ast-grep, by its compiled module alone.

The package around it declares its rules' types: `typing` and a dozen TypedDicts cost the commit hook more than a bare
interpreter's start, and nothing of them is used at run time.
"""

from __future__ import annotations

from review_bot.memo import remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ast_grep_py import SgNode, SgRoot

_PACKAGE, _MODULE = "ast_grep_py", "ast_grep_py.ast_grep_py"


def root_of(text: str, grammar: str) -> SgNode:
    """The root of the tree of `text`; `grammar` must be one that is built in (`domain.language.grammar_of`)."""
    return _sg_root()(text, grammar).root()


@remembered(maxsize=None)
def _sg_root() -> type[SgRoot]:
    import sys

    if _PACKAGE not in sys.modules:
        found = _compiled_module()
        if found is not None:
            return found
    from ast_grep_py import SgRoot

    return SgRoot


def _compiled_module() -> type[SgRoot] | None:
    """SgRoot of the compiled module; None where the package is laid out in another way."""
    import sys
    from importlib.machinery import ModuleSpec, PathFinder

    package = PathFinder.find_spec(_PACKAGE)
    spec = PathFinder.find_spec(_MODULE, package.submodule_search_locations) if package else None
    if not isinstance(spec, ModuleSpec) or spec.loader is None:
        return None
    module = spec.loader.create_module(spec)
    if module is None or not hasattr(spec.loader, "exec_module"):
        return None
    sys.modules[_MODULE] = module  # so that importing the package later finds the same classes
    spec.loader.exec_module(module)
    root: type[SgRoot] | None = getattr(module, "SgRoot", None)
    return root
