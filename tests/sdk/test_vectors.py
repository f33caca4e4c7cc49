"""The published vectors hold, and each check of the verifier is missed by one of them when it is gone."""

import ast
import copy
import inspect
import sys
import types
from collections.abc import Iterator

import pytest
from placet.receipts import terms, verification

from . import forge, judge


@pytest.mark.parametrize(("file", "vector"), judge.VECTORS, ids=[f"{file}: {v['name']}" for file, v in judge.VECTORS])
def test_the_vector_holds(file, vector):
    assert judge.outcome(vector) == vector["outcome"]


def test_the_published_files_are_what_the_forge_makes():
    assert {path.name: path.read_text() for path in forge.FOLDER.glob("*.json")} == forge.files()


def test_every_step_has_one_vector_that_passes_it_and_one_that_it_refuses():
    for number in range(1, 13):
        outcomes = [vector["outcome"] for file, vector in judge.VECTORS if file.startswith(f"{number:02}-")]
        assert any("refused" not in outcome for outcome in outcomes), number
        assert any(outcome.get("refused", {}).get("step") == number for outcome in outcomes), number


class _Without(ast.NodeTransformer):
    """Takes the nth check out: a whole `require` or `raise`, one operand of an `and` or `or`, one member compared."""

    def __init__(self, target: int) -> None:
        self.target, self.seen, self.what = target, 0, ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Not inside `require`, which is no check of its own, nor in `check`, whose one `raise` is about its caller."""
        return node if node.name in ("require", "check") else self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "require" and self._hit(node):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.copy_location(ast.Pass(), node) if self._hit(node) else node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        for index, operand in enumerate(node.values):
            if self._hit(operand):
                rest = [value for place, value in enumerate(node.values) if place != index]
                return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        return self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        for index, key in enumerate(node.keys):
            if self._hit(key):
                return ast.Dict(
                    node.keys[:index] + node.keys[index + 1 :], node.values[:index] + node.values[index + 1 :]
                )
        return self.generic_visit(node)

    def _hit(self, node: ast.AST) -> bool:
        self.seen += 1
        if self.seen - 1 == self.target:
            self.what = f"line {node.lineno}: {ast.unparse(node)}"
            return True
        return False


def cuts(source: types.ModuleType) -> Iterator[tuple[str, types.ModuleType]]:
    """The module once for each check in it, without that check."""
    for target in range(1000):
        cut = _Without(target)
        tree = ast.fix_missing_locations(cut.visit(ast.parse(inspect.getsource(source))))
        if not cut.what:
            return
        module = types.ModuleType(f"{source.__name__}_without_{target}")
        sys.modules[module.__name__] = module
        exec(compile(tree, module.__name__, "exec"), module.__dict__)
        yield f"{source.__name__} {cut.what}", module
        del sys.modules[module.__name__]


def uncut() -> types.ModuleType:
    whole = types.ModuleType("placet.receipts.whole")
    exec(inspect.getsource(verification), whole.__dict__)
    return whole


def mutants() -> Iterator[tuple[str, types.ModuleType]]:
    yield from cuts(verification)
    whole = uncut()
    for what, module in cuts(terms):
        whole.approvers, whole.voices, whole.is_text = module.approvers, module.voices, module.is_text
        yield what, whole


def turns_red(module: types.ModuleType) -> bool:
    for _, vector in judge.VECTORS:
        try:
            if judge.outcome(copy.deepcopy(vector), verifier=module) != vector["outcome"]:
                return True
        except Exception:
            return True
    return False


def test_the_verifier_with_all_its_checks_is_not_red():
    assert not turns_red(uncut())


def test_no_check_can_be_deleted_without_a_vector_turning_red():
    tried = [(what, turns_red(module)) for what, module in mutants()]
    assert len(tried) > 75
    assert [what for what, red in tried if not red] == []
