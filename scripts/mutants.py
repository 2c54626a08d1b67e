"""Small changes of a Python source that a test should notice: where they can be made, and how they are found again.

A mutation is named by its function, its kind and what it changes, with all names left out, so that it is found again
after files were moved and variables or functions renamed. Never changed are docstrings, messages, type hints,
decorators, assertions, `__repr__` and imports.
"""

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SWAPPED = {"min": "max", "any": "all", "argmin": "argmax", "minimum": "maximum", "floor": "ceil"}
SWAPPED |= {"bisect_left": "bisect_right", "median_low": "median_high", "zeros": "ones"}
SWAPPED |= {after: before for before, after in SWAPPED.items()}
BORDER = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OPPOSITE = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
OPPOSITE |= {ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div}
ARITHMETIC |= {ast.Pow: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr}
TEXTS = ("help", "label", "title", "hint", "unit", "description", "message", "metavar", "prog")  # keywords of words
DEFAULTS = {"bool": "False", "int": "0", "float": "0.0", "str": "''", "list": "[]", "tuple": "()", "dict": "{}"}
NAMES = ("id", "arg", "attr", "name", "names", "module", "asname", "annotation", "ctx", "kind", "type_comment")
Scope = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutation:
    """One change. function: qualified name, empty at the level of the module; line: where it begins, from 1.

    start, stop: what it replaces in the source, in characters; before, after: the source there.
    shape: of what it replaces, without names; twin: which of the same kind and shape in its function it is.
    home: the shape of its function.
    """

    function: str
    kind: str
    line: int
    start: int
    stop: int
    before: str
    after: str
    shape: str
    twin: int
    home: str

    def applied(self, source: str) -> str:
        """The source with the change."""
        return source[: self.start] + self.after + source[self.stop :]


@lru_cache(maxsize=1024)
def mutations(source: str) -> tuple[Mutation, ...]:
    """All changes of a source that this module knows, in their order."""
    return tuple(_Finder(source).all())


def shape_of(node: ast.AST) -> str:
    """A short name for the form of some code, whatever its names and texts are."""
    return hashlib.sha256(_form(node).encode()).hexdigest()[:12]


def _form(node: object) -> str:
    if isinstance(node, list):
        return f"[{','.join(map(_form, node))}]"
    if isinstance(node, ast.AST):
        parts = dict(ast.iter_fields(node))
        if isinstance(node, Scope):
            parts = {"args": node.args, "body": _without_docstring(node.body)}
        told = (_form(value) for name, value in parts.items() if name not in NAMES)
        return f"{type(node).__name__}({','.join(told)})"
    return "''" if isinstance(node, str) else repr(node)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if text else body


class _Finder:
    """Goes through a source once."""

    def __init__(self, source: str):
        self.source, self.tree = source, ast.parse(source)
        lines = source.splitlines(keepends=True)
        self.bytes = [line.encode() for line in lines]
        self.offsets = [0]
        for line in lines:
            self.offsets.append(self.offsets[-1] + len(line))
        self.twins: Counter[tuple[str, str, str, str]] = Counter()

    def all(self) -> Iterator[Mutation]:
        yield from self._body(_without_docstring(self.tree.body), "", None)

    def _at(self, line: int, column: int) -> int:
        """A place in characters; `ast` counts bytes."""
        return self.offsets[line - 1] + len(self.bytes[line - 1][:column].decode())

    def _body(self, body: list[ast.stmt], function: str, scope: Scope | None) -> Iterator[Mutation]:
        home = shape_of(scope) if scope else ""
        returns = ast.unparse(scope.returns) if scope and scope.returns else ""
        for statement in body:
            if isinstance(statement, Scope | ast.ClassDef):
                name = f"{function}.{statement.name}".lstrip(".")
                if statement.name != "__repr__":
                    inner = statement if isinstance(statement, Scope) else None
                    yield from self._defaults(statement, name)
                    yield from self._body(_without_docstring(statement.body), name, inner)
            elif not _left_alone(statement):
                yield from self._statement(statement, function, home, returns)
                parts = [name for name in ("body", "orelse", "finalbody") if getattr(statement, name, None)]
                for node in _own_nodes(statement):
                    yield from self._expression(node, function, home)
                for name in parts:
                    yield from self._body(getattr(statement, name), function, scope)
                for branch in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
                    yield from self._body(branch.body, function, scope)

    def _defaults(self, statement: ast.stmt, name: str) -> Iterator[Mutation]:
        """Changes of what arguments are when they are not given."""
        if isinstance(statement, Scope):
            given = [*statement.args.defaults, *(one for one in statement.args.kw_defaults if one)]
            for default in given:
                yield from self._expression(default, name, shape_of(statement))

    def _statement(self, node: ast.stmt, function: str, home: str, returns: str) -> Iterator[Mutation]:
        def made(kind: str, after: str) -> Mutation:
            return self._made(node, kind, after, function, home)

        stored = isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript))
        called = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Yield, ast.YieldFrom))
        if called or stored or isinstance(node, (ast.AugAssign, ast.Raise, ast.Continue, ast.Break)):
            yield made("statement", "pass")
        if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
            other = ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
            yield made("arithmetic", ast.unparse(other))
        if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            yield made("return", f"return {_default(returns)}")

    def _expression(self, node: ast.expr, function: str, home: str) -> Iterator[Mutation]:
        for kind, other in _changes(node):
            after = other if isinstance(other, str) else f"({ast.unparse(other)})"
            yield self._made(node, kind, after, function, home)

    def _made(self, node: ast.stmt | ast.expr, kind: str, after: str, function: str, home: str) -> Mutation:
        start, stop = self._at(node.lineno, node.col_offset), self._at(node.end_lineno or 0, node.end_col_offset or 0)
        before, shape = self.source[start:stop], f"{shape_of(node)} {_operator(kind, node, after)}"
        twin = (function, kind, shape, home)
        self.twins[twin] += 1
        return Mutation(function, kind, node.lineno, start, stop, before, after, shape, self.twins[twin] - 1, home)


def _operator(kind: str, node: ast.AST, after: str) -> str:
    """What tells two changes of one expression apart."""
    if kind == "keyword" and isinstance(node, ast.Call):
        return str(after.count("="))
    return after if kind in ("constant", "return") else ""


def _left_alone(node: ast.stmt) -> bool:
    """Imports, assertions, and what only type checkers read."""
    typing = isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
    return typing or isinstance(node, (ast.Import, ast.ImportFrom, ast.Assert, ast.Global, ast.Nonlocal))


def _own_nodes(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement, without those of statements inside it, of messages and of type hints."""
    skipped = ("body", "orelse", "finalbody", "handlers", "cases", "annotation", "exc", "cause", "msg", "type_comment")
    for name, value in ast.iter_fields(statement):
        if name not in skipped:
            for part in value if isinstance(value, list) else [value]:
                yield from _within(part)


def _within(node: object) -> Iterator[ast.expr]:
    if isinstance(node, ast.JoinedStr) or not isinstance(node, ast.AST):
        return
    if isinstance(node, ast.keyword) and node.arg in TEXTS:
        return
    if isinstance(node, ast.expr):
        yield node
    for part in ast.iter_child_nodes(node):
        yield from _within(part)


def _default(returns: str) -> str:
    return next((value for name, value in DEFAULTS.items() if returns.split("[")[0] == name), "None")


def _changes(node: ast.expr) -> Iterator[tuple[str, ast.expr | str]]:
    """Each change of an expression, with its kind."""
    if isinstance(node, ast.Compare):
        for table, kind in ((BORDER, "border"), (OPPOSITE, "opposite")):
            if type(node.ops[0]) in table:
                yield kind, ast.Compare(node.left, [table[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not _text(node):
        yield "arithmetic", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield "and, or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        yield "not", node.operand
    elif isinstance(node, ast.IfExp):
        yield "opposite", ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.Constant):
        yield from (("constant", repr(value)) for value in _other_values(node.value))
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        lower, upper, step = node.slice.lower, node.slice.upper, node.slice.step
        if lower is not None:
            yield "slice", ast.Subscript(node.value, ast.Slice(None, upper, step), ast.Load())
        if upper is not None:
            yield "slice", ast.Subscript(node.value, ast.Slice(lower, None, step), ast.Load())


def _text(node: ast.BinOp) -> bool:
    """Whether texts are put together or formatted, and no numbers computed."""
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, (str, bytes)))
        for side in sides
    )


def _other_values(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1] if value > 0 else [1]
    return [value / 2, value * 2] if isinstance(value, float) and value else [1.0] if isinstance(value, float) else []


def _other_calls(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    called = node.func
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    if name in SWAPPED:
        other = copy.deepcopy(called)
        setattr(other, "id" if isinstance(other, ast.Name) else "attr", SWAPPED[name])
        yield "other call", ast.Call(other, node.args, node.keywords)
    for number, keyword in enumerate(node.keywords):
        if keyword.arg and keyword.arg not in TEXTS:
            kept = [*node.keywords[:number], *node.keywords[number + 1 :]]
            yield "keyword", ast.Call(called, node.args, kept)


# A drawn place, found again -------------------------------------------------------------------------------------------


def found_again(root: Path, place: dict) -> tuple[Path, Mutation] | None:
    """Where a drawn place is now: in its function, else in the only function of its form, else of its name."""
    wanted = (place["kind"], place["shape"], place["twin"])
    own, name = place["file"], place["function"].rpartition(".")[2]
    alike = [
        (path, mutation)
        for path in sorted((root / "core").rglob("*.py"))
        for mutation in mutations(path.read_text("utf-8"))
        if (mutation.kind, mutation.shape, mutation.twin) == wanted
    ]
    rules: list[Callable[[Path, Mutation], bool]] = [
        lambda path, it: path == root / own and it.function == place["function"],
        lambda path, it: bool(name) and it.home == place["home"],
        lambda path, it: bool(name) and it.function.rpartition(".")[2] == name,
        lambda path, it: not name and not it.function and it.before == place["before"],
    ]
    for rule in rules:
        fits = [(path, mutation) for path, mutation in alike if rule(path, mutation)]
        if len(fits) == 1:
            return fits[0]
    return None
