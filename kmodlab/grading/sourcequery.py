# SPDX-License-Identifier: MIT
"""Tree-sitter queries on the learner's C."""

from itertools import chain

import tree_sitter_c
from tree_sitter import Language, Parser, Query, QueryCursor


def matches(source: str, query: str) -> list[int]:
    """The lines, counted from 1, of what a query captures: one for each match, 0 for a match that captures nothing."""
    language = Language(tree_sitter_c.language())
    root = Parser(language).parse(source.encode()).root_node
    found = (
        chain.from_iterable(nodes.values()) for _, nodes in QueryCursor(Query(language, query)).matches(root)
    )
    return sorted(min((node.start_point.row + 1 for node in captured), default=0) for captured in found)
