"""Small faults put into a module on purpose: turned comparisons, moved boundaries, swapped and/or, other defaults and verdicts.

Pure AST work; ``tests/mutation/mutate.py`` runs the tests on each of them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_VERDICTS = {"PERMITTED": ("UNKNOWN",), "CONDITIONAL": ("PERMITTED",), "UNKNOWN": ("PERMITTED",), "NOT_PERMITTED": ("PERMITTED",)}
_WORDS = {"permitted": "unknown", "unknown": "permitted", "not_permitted": "permitted", "conditional": "permitted"}
_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """One fault: where it is, what stands there instead, and the whole module with it."""

    module: str
    line: int
    scope: str
    """Qualified name of the outermost function or method around it; empty at module or class level."""
    before: str
    after: str
    place: int
    """Number of the like faults before it in its scope, so that a name survives edits elsewhere in the file."""
    tree: ast.Module

    @property
    def name(self) -> str:
        """What the kept list of equivalent faults calls it: no line number, so that edits elsewhere leave it alone."""
        return f"{self.module}:{self.scope or '-'}: {self.before} → {self.after} #{self.place}"


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Yield every fault of a module; texts for people and annotations are left alone."""
    tree = ast.parse(source)
    seen: dict[tuple[str, str, str], int] = {}
    for node, scope in list(_places(tree)):
        for changed in _changes(node):
            before, after = ast.unparse(node), ast.unparse(changed)
            number = seen[scope, before, after] = seen.get((scope, before, after), -1) + 1
            yield Mutant(module, node.lineno, scope, before, after, number, _with(tree, node, changed))


def _with(tree: ast.Module, node: ast.expr, changed: ast.expr) -> ast.Module:
    """A copy of the tree with one expression in place of another."""

    class Swap(ast.NodeTransformer):
        def visit(self, found: ast.AST) -> ast.AST:
            return ast.copy_location(copy.deepcopy(changed), found) if found is node else self.generic_visit(found)

    memo = {id(node): node}  # the node itself is kept in the copy, so that it can be told from its like
    return ast.fix_missing_locations(Swap().visit(copy.deepcopy(tree, memo)))


def _places(tree: ast.AST, scope: str = "", inside: bool = False) -> Iterator[tuple[ast.expr, str]]:
    """Every expression that counts, with its scope: no annotations, no texts alone on a line, no formatted texts."""
    if isinstance(tree, ast.keyword) and tree.arg == "strict":  # it guards against faults elsewhere
        return
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list") or isinstance(tree, ast.JoinedStr | ast.Raise):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                continue
            below, named = inside, scope
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not inside:
                named, below = (f"{scope}.{node.name}" if scope else node.name), isinstance(node, ast.FunctionDef)
            if isinstance(node, ast.expr):
                yield node, (scope if inside else "")
            yield from _places(node, named, below)


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in _COMPARISONS.get(type(op), ()):
                yield ast.Compare(node.left, [*node.ops[:i], other(), *node.ops[i + 1 :]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        yield ast.Call(ast.Name(_CALLS[node.func.id], ast.Load()), node.args, node.keywords)
    elif isinstance(node, ast.Attribute) and node.attr in _VERDICTS:
        for other_name in _VERDICTS[node.attr]:
            yield ast.Attribute(node.value, other_name, node.ctx)
    elif isinstance(node, ast.Constant):
        yield from (ast.Constant(v) for v in _constants(node.value))


def _constants(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, float):
        step = max(abs(value) * 1e-3, 1e-6)
        yield from (value + step, value - step)
    elif isinstance(value, str) and value in _WORDS:
        yield _WORDS[value]
