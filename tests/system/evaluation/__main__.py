"""`make evaluate`: how often the words of a user find the right tool, offline."""

import argparse
import sys
from collections.abc import Sequence

from . import bm25
from .documents import Document, documents, every_server
from .embedding import Embedding
from .entries import Entry, read_entries
from .measures import Measure, Place, fuse, places, places_within_servers
from .report import below, figures_of, read_bar, table, write

SCOPES = {"Among the tools of one server": places_within_servers, "Among the tools of all servers": places}


def main() -> int:
    """Measure, print and compare; 1 where a figure is below the bar."""
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("--misses", type=int, default=0, help="list this many of the worst misses of the seen part")
    parser.add_argument("--write", action="store_true", help="record the figures as the bar, and write the page")
    options = parser.parse_args()
    entries = read_entries()
    servers = every_server()
    short, whole = documents(servers, arguments=False), documents(servers, arguments=True)
    meaning = Embedding().scores
    both = fuse(bm25.scores, meaning)
    measures: dict[str, tuple[Measure, Sequence[Document]]] = {
        "BM25": (bm25.scores, whole),
        "BM25 without arguments": (bm25.scores, short),
        "embedding": (meaning, whole),
        "embedding without arguments": (meaning, short),
        "both": (both, whole),
    }
    figures = {
        scope: {name: figures_of(rank(entries, texts, measure)) for name, (measure, texts) in measures.items()}
        for scope, rank in SCOPES.items()
    }
    print("First / first three, in percent.")
    for scope, rows in figures.items():
        print(f"\n{table(scope, rows)}")
    if options.misses:
        print_misses(entries, whole, both, options.misses)
    if options.write:
        write(figures)
        return 0
    failures = list(below(figures, read_bar()))
    print("\nBelow the recorded bar:" if failures else "\nNo figure is below the recorded bar.")
    for line in failures:
        print(f"  {line}", file=sys.stderr)
    return int(bool(failures))


def print_misses(entries: Sequence[Entry], whole: Sequence[Document], both: Measure, number: int) -> None:
    """The requests of the seen part whose right tool comes last among the tools of its server."""
    seen = [entry for entry in entries if entry.part == "seen"]
    found: list[Place] = sorted(places_within_servers(seen, whole, both), key=lambda place: -place.rank)
    print("\nWorst misses of the seen part, by both measures within the server:")
    for place in found[:number]:
        entry = place.entry
        print(f"  {place.rank:>2}  {' or '.join(entry.tools)} (first: {place.first.tool}): {entry.request}")


if __name__ == "__main__":
    sys.exit(main())
