"""Measures the catalogue at 10,000 nodes: checking the file, starting from the applied version, routing, searching.

Run it as `python -m bench.catalogue`; it prints one line per figure with its aim.
"""

import time
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from servicedesk.gateways.catalogue_file import read
from servicedesk.rules.catalogue import Audience, Catalogue
from servicedesk.rules.catalogue_json import from_json, to_json
from servicedesk.rules.routing import Requester, route
from servicedesk.rules.search import SearchIndex, rank

ROOTS, HEADINGS, LEAVES = 20, 20, 24
T = TypeVar("T")

HEAD = """services:
  - id: ae929822-c377-4964-bfb2-61bd6947fb4a
    key: studenti
    name: {it: Servizio Studenti, en: Student Services}
    description: {it: Un servizio., en: A service.}
    zone: Europe/Rome
    hours: {monday: ["09:00-12:30"]}
    audience: [student]
    fallback_group: G0
groups:
"""
GROUP = """  - code: G{n}
    name: {{it: Gruppo {n}, en: Group {n}}}
    line: 2
    strategy: least_loaded
    fallback: G{below}
    signature: {{it: Firma, en: Signature}}
    contact: {{it: Contatto, en: Contact}}
"""
TEXTS = """name:
{i}  it: Categoria {n} sulla carriera
{i}  en: Category {n} about careers
{i}description:
{i}  it: La categoria numero {n} tratta iscrizioni e tasse. Scrivi qui le tue domande.
{i}  en: Category number {n} deals with enrolment and fees. Write your questions here.
{i}synonyms:
{i}  it: [carriera {n}, iscrizione {n}, tassa {n}]
{i}  en: [career {n}, enrolment {n}, fee {n}]
"""
ROUTING = """{i}group: G{g}
{i}routing:
{i}  attribute: area
{i}  to: {{Ingegneria: G1, Medicina: G2, Lettere e Filosofia: G3}}
{i}fields:
{i}  - {{key: number, kind: student_number, label: {{it: Matricola, en: Student number}}, required: true}}
{i}  - {{key: phone, kind: phone, label: {{it: Telefono, en: Telephone}}}}
"""


def generated() -> bytes:
    """Return a catalogue file of 20 x 20 headings and 24 leaves under each: 10,020 nodes."""
    parts = [HEAD, GROUP.format(n=0, below=0).replace("    fallback: G0\n", "")]
    parts += [GROUP.format(n=n, below=n - 1) for n in range(1, 50)]
    parts.append("categories:\n")
    for root in range(ROOTS):
        parts.append(_node(f"r{root}", 2, root, heading=True, service=True))
        for heading in range(HEADINGS):
            parts.append(_node(f"r{root}-h{heading}", 6, heading, heading=True))
            parts += [_node(f"r{root}-h{heading}-l{leaf}", 10, leaf) for leaf in range(LEAVES)]
    return "".join(parts).encode()


def _node(key: str, depth: int, number: int, *, heading: bool = False, service: bool = False) -> str:
    indent = " " * (depth + 2)
    text = f"{' ' * depth}- key: {key}\n" + (f"{indent}service: studenti\n" if service else "")
    text += indent + TEXTS.format(i=indent, n=number) + ROUTING.format(i=indent, g=number % 50)
    return text + (f"{indent}children:\n" if heading else "")


def timed(label: str, aim: str, times: int, work: Callable[[], T]) -> T:
    """Run `work` some times, print the best time of one run beside its aim, return its last result."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    shown = f"{best:.3f} s" if best >= 0.01 else f"{best * 1_000_000:.1f} us"
    print(f"{label:<44}{shown:>12}   aim {aim}")
    return result


def _checked(content: bytes) -> Catalogue:
    catalogue, findings = read(content, "generated.yaml")
    if catalogue is None:
        raise SystemExit("\n".join(str(finding) for finding in findings[:20]))
    return catalogue


def main() -> None:
    """Print every figure."""
    content = generated()
    catalogue = timed(f"check a file of {len(content) / 1e6:.1f} MB", "< 10 s", 2, lambda: _checked(content))
    print(f"{'nodes':<44}{len(catalogue.categories):>12,}")
    stored = to_json(catalogue)
    timed(f"start from {len(stored) / 1e6:.1f} MB of JSON", "< 0.5 s", 5, lambda: from_json(stored))
    requester = Requester(area="Medicina", degree_course_name="Odontoiatria")
    key, staffed = "r19-h19-l23", frozenset(catalogue.groups)
    timed("route one ticket", "microseconds", 1000, lambda: route(catalogue, key, requester, staffed))
    timed("route through 23 groups without members", "microseconds", 1000, lambda: _far(catalogue))
    service = next(iter(catalogue.services))
    seen = frozenset({Audience.STUDENT})
    tree = timed("what one person sees", "tens of ms", 5, lambda: catalogue.open_to(seen, date(2026, 1, 1), service))
    index = timed("index for the search, once per version", "a few s", 1, lambda: SearchIndex(catalogue))
    timed(
        "search 'iscrizione tasse 7'", "tens of ms", 5, lambda: rank(index, "iscrizione tasse 7", tree.selectable, "it")
    )


def _far(catalogue: Catalogue) -> object:
    return route(catalogue, "r0-h0-l23", Requester(), frozenset({"G0"}))


if __name__ == "__main__":
    main()
