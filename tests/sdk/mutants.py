"""`python -m tests.sdk.mutants`: takes out each check of the verifier in turn; says which published vector turns red.

What is taken out: a whole `require` or `raise`; one operand of an `and` or `or`; one member compared; an `if`'s
condition; what a predicate returns; one end of a comparison (`<` for `<=`). A cut that no vector misses is printed, and
the script ends with 1, unless it stands in `ALIKE` with the reason why nothing could miss it.
"""

from __future__ import annotations

import ast
import copy
import inspect
import sys
import types
from collections.abc import Iterator
from typing import NamedTuple

from placet.receipts import assertions, directory, reviews, terms, verification

from . import judge

MODULES = (terms, directory, assertions, reviews, verification)  # each after those it imports
#: Not checks of a receipt: what a caller gives wrongly, what a program asks of a verified receipt.
NOT_HERE = frozenset({
    "check", "taking", "file", "of", "fresh", "demanded", "__init__", "_checked", "_refuse_sharing", "_text",
    "_listed", "usable", "_ed25519",
    "result_review", "spend",
})  # fmt: skip
EDGES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
#: Cuts that change nothing a vector could see, by module and text, with the reason.
_PIN = "said of a directory, which refuses it before any receipt: see test_directory"
ALIKE = {
    ("placet.receipts.directory", "the member -7"): _PIN,
    ("placet.receipts.directory", "the member -8"): _PIN,
    ("placet.receipts.directory", "the member -257"): _PIN,
    ("placet.receipts.terms", "the edge of said.items() <= stmt.items()"):
        "a statement that agrees has one member more in any case: whose it is",
}  # fmt: skip


class Cut(NamedTuple):
    """One deletion: where, what, and the whole verifier without it."""

    module: str
    line: int
    what: str
    verifier: types.ModuleType

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.what}"


class _Without(ast.NodeTransformer):
    """Takes the nth check out."""

    def __init__(self, target: int) -> None:
        self.target, self.seen, self.line, self.what = target, 0, 0, ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node if node.name in NOT_HERE else self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "require" and self._hit(node):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.copy_location(ast.Pass(), node) if self._hit(node) else node

    def visit_If(self, node: ast.If) -> ast.AST:
        if self._hit(node.test, "if "):
            node.test = ast.copy_location(ast.Constant(False), node.test)
        return self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        said = node.value
        if isinstance(said, ast.Compare | ast.BoolOp) and self._hit(node):
            return ast.copy_location(ast.Return(ast.Constant(True)), node)
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        for index, operand in enumerate(node.values):
            if self._hit(operand, f"{type(node.op).__name__.lower()} "):
                rest = [value for place, value in enumerate(node.values) if place != index]
                return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        for index, how in enumerate(node.ops):
            if type(how) in EDGES and self._hit(node, "the edge of "):
                node.ops[index] = EDGES[type(how)]()
                return node
        return self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        for index, key in enumerate(node.keys):
            if key is not None and self._hit(key, "the member "):
                keys, values = node.keys, node.values
                return ast.Dict(keys[:index] + keys[index + 1 :], values[:index] + values[index + 1 :])
        return self.generic_visit(node)

    def _hit(self, node: ast.AST, how: str = "") -> bool:
        self.seen += 1
        if self.seen - 1 != self.target:
            return False
        self.line, self.what = node.lineno, how + ast.unparse(node)
        return True


def whole(replaced: str = "", code: types.CodeType | None = None) -> types.ModuleType:
    """A fresh verifier, all of its modules loaded anew, one of them perhaps from other code."""
    fresh = {module.__name__: types.ModuleType(module.__name__) for module in MODULES}
    genuine = {name: sys.modules[name] for name in fresh}
    sys.modules.update(fresh)
    package = sys.modules["placet.receipts"]
    try:
        for module in MODULES:
            name = module.__name__
            setattr(package, name.rpartition(".")[2], fresh[name])
            exec(code if name == replaced and code else _compiled(module), fresh[name].__dict__)
    finally:
        sys.modules.update(genuine)
        for name, module in genuine.items():
            setattr(package, name.rpartition(".")[2], module)
    return fresh[verification.__name__]


_CODE: dict[str, types.CodeType] = {}


def _compiled(module: types.ModuleType) -> types.CodeType:
    if module.__name__ not in _CODE:
        _CODE[module.__name__] = compile(inspect.getsource(module), module.__name__, "exec")
    return _CODE[module.__name__]


def cuts() -> Iterator[Cut]:
    """The verifier once for each check in it, without that check."""
    for module in MODULES:
        source = inspect.getsource(module)
        for target in range(1000):
            cut = _Without(target)
            tree = ast.fix_missing_locations(cut.visit(ast.parse(source)))
            if not cut.what:
                break
            yield Cut(module.__name__, cut.line, cut.what, whole(module.__name__, compile(tree, "cut", "exec")))


def turns_red(verifier: types.ModuleType) -> str | None:
    """The name of the first vector that this verifier gets wrong."""
    for file, vector in judge.VECTORS:
        try:
            said = judge.outcome(copy.deepcopy(vector), verifier=verifier)
        except Exception as error:
            said = {"crashed": repr(error)}
        if said != vector["outcome"]:
            return f"{file}: {vector['name']}"
    return None


def main() -> int:
    tried = missed = 0
    for cut in cuts():
        tried += 1
        red = turns_red(cut.verifier)
        reason = ALIKE.get((cut.module, cut.what))
        if red is None and reason is None:
            missed += 1
        print(f"{'MISSED ' if not (red or reason) else ''}{cut}  ->  {red or reason}", flush=True)
    print(f"{tried} checks taken out, {tried - missed} of them missed by a vector or explained: {missed} are not.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
