"""Puts a mutant into a process: into the functions of an imported kit, or before the kit is imported.

Functions of an imported module take the changed code where they are, so every import and every decorator that holds
one sees it. Code that runs at the import (constants, defaults, class bodies) has to be changed before it.
"""

import gc
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

Changes = dict[tuple[str, int], CodeType]
"""The changed code by qualified name and first line."""


def changed_functions(path: Path, mutated: str) -> Changes | None:
    """The functions that a mutant changes; None where it changes what runs at the import."""
    before, after = (compile(text, str(path), "exec") for text in (path.read_text(), mutated))
    changes: Changes = {}
    return changes if _collect(before, after, changes) and changes else None


def change_functions(path: Path, changes: Changes) -> bool:
    """Give every function of this process its changed code; False where that cannot be done."""
    found = False
    for function in [one for one in gc.get_objects() if type(one) is FunctionType]:
        code = function.__code__
        changed = changes.get((code.co_qualname, code.co_firstlineno))
        if changed is None or code.co_filename != str(path):
            continue
        try:
            function.__code__ = changed
        except ValueError:  # it closes over other variables
            return False
        found = True
    return found


class Mutated(MetaPathFinder):
    """Imports one module from a changed text."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self._module = module
        self._loader = _Loader(module, path, source)

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        if fullname != self._module:
            return None
        return spec_from_file_location(fullname, self._loader.path, loader=self._loader)

    def install(self) -> None:
        """Take precedence over the file."""
        if self._module in sys.modules:
            raise RuntimeError(f"{self._module} is already imported")
        sys.meta_path.insert(0, self)


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: Path, source: str) -> None:
        super().__init__(fullname, str(path))
        self._source = source

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - there is one module
        """The changed code; nothing is read from or written to a cache."""
        return compile(self._source, self.path, "exec")


def _collect(before: CodeType, after: CodeType, changes: Changes) -> bool:
    """Add the changed functions below a module or a class; False where its own code differs."""
    if _own(before) != _own(after):
        return False
    inner = (list(_codes(code)) for code in (before, after))
    for old, new in zip(*inner, strict=True):
        if old.co_flags & CO_OPTIMIZED:
            _add(old, new, changes)
        elif not _collect(old, new, changes):
            return False
    return True


def _add(old: CodeType, new: CodeType, changes: Changes) -> None:
    if old == new:
        return
    changes[old.co_qualname, old.co_firstlineno] = new
    # What an earlier call of the function made, such as a wrapper, changes as well.
    inner, changed = list(_codes(old)), list(_codes(new))
    if len(inner) == len(changed):
        for one, other in zip(inner, changed, strict=True):
            _add(one, other, changes)


def _own(code: CodeType) -> tuple[Any, ...]:
    values = [repr(value) for value in code.co_consts if not isinstance(value, CodeType)]
    return code.co_code, code.co_names, values, len(list(_codes(code)))


def _codes(code: CodeType) -> Iterator[CodeType]:
    return (value for value in code.co_consts if isinstance(value, CodeType))
