"""Reading a YAML file from a stranger: YAML 1.2, plain data only, every fault with its line.

Refused: custom tags (code), anchors and aliases (bombs), repeated keys (the last would win silently),
files over 1 MB. ``lines`` maps the path of every node to its line, so that later checks can point at it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MOST_BYTES = 1_000_000
_PLAIN_TAGS = {f"tag:yaml.org,2002:{t}" for t in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")}

Path = tuple[str | int, ...]


class YamlFault(ValueError):
    """The text is not plain YAML; ``faults`` lists every reason with its line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class YamlDocument:
    """Plain data and the line each part of it stands on."""

    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of ``path``, or of its nearest parent."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> YamlDocument:
    """Return the data of ``text``. **Raises** YamlFault that lists all faults at once.

    >>> read_yaml("a: [1, {b: NO}]").data
    {'a': [1, {'b': 'NO'}]}
    """
    if len(text.encode("utf-8")) > MOST_BYTES:
        raise YamlFault([f"the file is larger than {MOST_BYTES // 1_000_000} MB"])
    try:
        root = YAML(typ="safe", pure=True).compose(io.StringIO(text))
    except (YAMLError, ValueError) as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise YamlFault([f"{where}{getattr(fault, 'problem', None) or fault}"]) from fault
    except RecursionError:
        raise YamlFault(["the file is nested too deeply"]) from None
    if root is None:
        raise YamlFault(["the file is empty"])
    lines: dict[Path, int] = {}
    faults: list[str] = []
    _walk(root, (), lines, faults, set())
    if faults:
        raise YamlFault(faults)
    try:
        return YamlDocument(YAML(typ="safe", pure=True).load(io.StringIO(text)), lines)
    except (YAMLError, ValueError) as fault:
        raise YamlFault([str(fault)]) from fault


def _walk(node: Node, path: Path, lines: dict[Path, int], faults: list[str], seen: set[int]) -> None:
    line = node.start_mark.line + 1
    lines[path] = line
    if node.anchor or id(node) in seen:
        faults.append(f"line {line}: anchors and aliases (& and *) are not accepted; write the value out")
        return
    seen.add(id(node))
    tag = str(node.ctag) if node.ctag else str(node.tag)
    if str(node.tag) not in _PLAIN_TAGS:
        faults.append(f"line {line}: the tag {tag!r} is not accepted; only plain text, numbers, dates, lists and maps are")
        return
    if isinstance(node, SequenceNode):
        for i, child in enumerate(node.value):
            _walk(child, (*path, i), lines, faults, seen)
    elif isinstance(node, MappingNode):
        keys: dict[str, int] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode) or key.anchor or str(key.tag) not in _PLAIN_TAGS:
                faults.append(
                    f"line {key.start_mark.line + 1}: a name before ':' must be one plain word, not a list, a map or an anchor"
                )
                continue
            name = str(key.value)
            if name in keys:
                faults.append(f"line {key.start_mark.line + 1}: {name!r} stands here again (first on line {keys[name]})")
            keys.setdefault(name, key.start_mark.line + 1)
            _walk(child, (*path, name), lines, faults, seen)
