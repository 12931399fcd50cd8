"""The search of ``plangeo.margins.edgeindex``, compiled with numba; imported only where numba is installed.

A walk down a tree of boxes, the nearest box first; what is farther than the best so far is left out. Ties are decided by
the coordinates of the edges, so nothing depends on the order of the walk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plangeo.margins import gaps

try:
    import numba
except ImportError:  # this module is then never asked for anything
    numba = None  # type: ignore[assignment,unused-ignore]

FAN = 16
GONE = 2
NOISE_M = 1e-6
_DEEP = 512


def _jit(function: Callable[..., Any]) -> Callable[..., Any]:
    if numba is None:
        return function
    try:
        return numba.njit(cache=True, nogil=True)(function)  # type: ignore[no-any-return,unused-ignore]
    except RuntimeError:  # no place to keep the code: compile it anew in every process
        return numba.njit(nogil=True)(function)  # type: ignore[no-any-return,unused-ignore]


point_gap2 = _jit(gaps.point_gap2)


def _edge_gap2(seg: Any, edge: Any) -> float:
    """As ``gaps.edge_gap2``, operation by operation, on two rows."""
    ax, ay, bx, by = seg[0], seg[1], seg[2], seg[3]
    cx, cy, dx, dy = edge[0], edge[1], edge[2], edge[3]
    if ax == bx and ay == by:
        ends = min((cx - ax) * (cx - ax) + (cy - ay) * (cy - ay), (dx - ax) * (dx - ax) + (dy - ay) * (dy - ay))
        return min(point_gap2(ax, ay, cx, cy, dx, dy), ends)  # type: ignore[no-any-return]
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    one = ux * (cy - ay) - uy * (cx - ax)
    two = ux * (dy - ay) - uy * (dx - ax)
    if one * two < 0.0:
        three = vx * (ay - cy) - vy * (ax - cx)
        four = vx * (by - cy) - vy * (bx - cx)
        if three * four < 0.0:
            return 0.0
    return min(  # type: ignore[no-any-return,unused-ignore]
        min(point_gap2(ax, ay, cx, cy, dx, dy), point_gap2(bx, by, cx, cy, dx, dy)),
        min(point_gap2(cx, cy, ax, ay, bx, by), point_gap2(dx, dy, ax, ay, bx, by)),
    )


edge_gap2 = _jit(_edge_gap2)


def _box_gap2(a: Any, b: Any) -> float:
    x = max(b[0] - a[2], a[0] - b[2], 0.0)
    y = max(b[1] - a[3], a[1] - b[3], 0.0)
    return x * x + y * y  # type: ignore[no-any-return,unused-ignore]


box_gap2 = _jit(_box_gap2)


def _runs_gap2(box: Any, whole: Any, run_boxes: Any, first: int, last: int, limit: float) -> float:
    """The least squared distance from a box to the boxes of the runs of a shape; roughly where it is beyond the limit."""
    least = box_gap2(box, whole)
    if least > limit or last - first == 1 or least > (whole[2] - whole[0]) ** 2 + (whole[3] - whole[1]) ** 2:
        return least  # type: ignore[no-any-return]
    least = np.inf
    for run in range(first, last):
        least = min(least, box_gap2(box, run_boxes[run]))
    return least  # type: ignore[no-any-return]


runs_gap2 = _jit(_runs_gap2)


def _precedes(one: Any, other: Any) -> bool:
    for i in range(4):
        if one[i] != other[i]:
            return one[i] < other[i]  # type: ignore[no-any-return]
    return False


precedes = _jit(_precedes)


def _zone_of(left: int, right: int, permitted: Any, ranks: Any, taken: Any) -> int:
    """Of the zones on the two sides the permitted one that is not taken yet, the lower rank first; -1 for none."""
    found = -1
    for zone in (left, right):
        if zone >= 0 and permitted[zone]:
            free = True
            for other in taken:
                free = free and other != zone
            if free and (found < 0 or ranks[zone] < ranks[found]):
                found = zone
    return found


zone_of = _jit(_zone_of)


def _look_at_leaf(
    edges: Any, shape: Any, ends: Any, sides: Any, status: Any, permitted: Any, ranks: Any, taken: Any, by_zone: bool, state: Any
) -> None:
    """Compare the edges of one leaf with one shape; ``state`` holds the best so far."""
    segs, run_first, run_boxes, whole, first, last = shape
    found, numbers = state
    box = np.empty(4)
    for e in range(edges[0], edges[1]):
        left, right = sides[e, 0], sides[e, 1]
        zone = -1
        if by_zone:
            zone = zone_of(left, right, permitted, ranks, taken)
            if zone < 0:
                continue
        elif permitted[left] == permitted[right] or (len(status) > 0 and status[e] == GONE):
            continue
        edge = ends[e]
        box[0], box[1] = min(edge[0], edge[2]), min(edge[1], edge[3])
        box[2], box[3] = max(edge[0], edge[2]), max(edge[1], edge[3])
        if box_gap2(box, whole) > found[1]:
            continue
        for run in range(first, last):
            if box_gap2(box, run_boxes[run]) > found[1]:
                continue
            for s in range(run_first[run], run_first[run + 1]):
                gap = edge_gap2(segs[s], edge)
                if gap > found[1]:
                    continue
                step = np.rint(np.sqrt(gap) / NOISE_M) if by_zone else gap
                rank = ranks[zone] if by_zone else 0
                better = numbers[0] < 0
                if not better:
                    if step != found[2]:
                        better = step < found[2]
                    elif rank != numbers[3]:
                        better = rank < numbers[3]
                    elif gap != found[3]:
                        better = gap < found[3]
                    elif numbers[0] != e:
                        better = precedes(edge, ends[numbers[0]])
                if better:
                    found[2], found[3] = step, gap
                    numbers[0], numbers[1], numbers[2], numbers[3] = e, s, zone, rank
                if gap < found[0]:
                    found[0] = gap
                    reach = np.sqrt(gap) + 1.5 * NOISE_M if by_zone else np.sqrt(gap)
                    found[1] = reach * reach * 1.000001 + 1e-12


look_at_leaf = _jit(_look_at_leaf)


def _mark(tree: Any, sides: Any, permitted: Any, by_zone: bool, marks: Any) -> None:
    """Mark the boxes that hold an edge that matters."""
    leaf_first, _, level_first = tree
    for leaf in range(len(leaf_first) - 1):
        for e in range(leaf_first[leaf], leaf_first[leaf + 1]):
            left, right = permitted[sides[e, 0]], permitted[sides[e, 1]]
            if left != right or (by_zone and left):
                marks[leaf] = True
                break
    for level in range(1, len(level_first) - 1):
        low = level_first[level - 1]
        for box in range(level_first[level] - low):
            if marks[low + box]:
                marks[level_first[level] + box // FAN] = True


mark = _jit(_mark)


def _search(
    asked: Any, outlines: Any, tree: Any, edges: Any, permitted: Any, ranks: Any, taken: Any, by_zone: bool, out: Any
) -> None:
    """For every number in ``asked`` the best edge: by squared distance, or by whole micrometres and the rank of its zone.

    Writes squared distance, edge, segment and zone to ``out``; edge -1 where there is none.
    """
    segs, run_first, run_boxes, shape_runs, shape_boxes = outlines
    leaf_first, boxes, level_first, marks = tree
    ends, sides, status = edges
    out_gap, out_edge, out_seg, out_zone = out
    levels = len(level_first) - 1
    stack, stack_level, stack_gap = np.empty(_DEEP, np.int64), np.empty(_DEEP, np.int64), np.empty(_DEEP)
    child_gap, child = np.empty(FAN), np.empty(FAN, np.int64)
    found, numbers = np.empty(4), np.empty(4, np.int64)
    known = -1  # the place asked before, whose nearest border is not far from that of the next
    for at in range(len(asked)):
        i = asked[at]
        first, last, whole = shape_runs[i], shape_runs[i + 1], shape_boxes[i]
        found[:] = np.inf
        if known >= 0 and last > first:
            x = max(whole[2] - shape_boxes[known, 0], shape_boxes[known, 0] - whole[0])
            y = max(whole[3] - shape_boxes[known, 1], shape_boxes[known, 1] - whole[1])
            reach = np.sqrt(out_gap[at - 1]) + np.sqrt(x * x + y * y)
            found[1] = reach * reach * 1.000001 + 1e-12
        numbers[:] = -1
        shape = (segs, run_first, run_boxes, whole, first, last)
        stack[0], stack_level[0], stack_gap[0] = 0, levels - 1, 0.0
        size = 1 if last > first and marks[level_first[levels - 1]] else 0
        while size:
            size -= 1
            node, level = stack[size], stack_level[size]
            if stack_gap[size] > found[1]:
                continue
            if level == 0:
                look_at_leaf(
                    leaf_first[node : node + 2],
                    shape,
                    ends,
                    sides,
                    status,
                    permitted,
                    ranks,
                    taken[i],
                    by_zone,
                    (found, numbers),
                )
                continue
            low = level_first[level - 1]
            count = 0
            for c in range(node * FAN, min(node * FAN + FAN, level_first[level] - low)):
                if not marks[low + c]:
                    continue
                gap = runs_gap2(boxes[low + c], whole, run_boxes, first, last, found[1])
                if gap > found[1]:
                    continue
                place = count
                while place > 0 and child_gap[place - 1] < gap:  # the nearest last, so that it is taken first
                    child_gap[place], child[place] = child_gap[place - 1], child[place - 1]
                    place -= 1
                child_gap[place], child[place] = gap, c
                count += 1
            for c in range(count):
                stack[size], stack_level[size], stack_gap[size] = child[c], level - 1, child_gap[c]
                size += 1
        out_gap[at], out_edge[at], out_seg[at], out_zone[at] = found[3], numbers[0], numbers[1], numbers[2]
        known = i if not by_zone and numbers[0] >= 0 and whole[0] == whole[2] and whole[1] == whole[3] else -1


search = _jit(_search)
