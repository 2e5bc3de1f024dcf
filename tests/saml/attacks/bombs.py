"""Messages made to fill the memory; and a program that reads them and prints by how many kilobytes it grew, as JSON.

It is a process of its own that did not make them, because only such a one can tell what reading them costs.
"""

import base64
import json
import resource
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from lxml import etree

from saml.bindings import unpack_post, unpack_redirect
from saml.errors import SamlError
from saml.safexml import MAX_ENCODED, MAX_XML
from tests.saml.attacks import documents
from tests.saml.attacks.stage import Stage, field_of
from tests.saml.attacks.wrapping import extensions

MEGABYTE = 1024 * 1024


def deflated(data: bytes) -> str:
    """Return a query with `data` as a deflated request."""
    packed = zlib.compress(data, 9)[2:-4]
    return "SAMLRequest=" + quote(base64.b64encode(packed).decode(), safe="")


def many_namespaces(stage: Stage) -> str:
    """Return an answer with thousands of namespaces over thousands of elements, just within the limit."""
    root = stage.ask().signed()
    place = extensions(root)
    names = " ".join(f'xmlns:n{number}="u:{number}"' for number in range(4000))
    children = "".join(f"<n{number}:x/>" for number in range(4000))
    place.append(etree.fromstring(f"<e:e xmlns:e='u:e' {names}>{children}</e:e>"))
    return field_of(root)


def many_attributes(stage: Stage) -> str:
    """Return an answer with thousands of values, just within the limit."""
    root = stage.ask().signed()
    value = root.find(".//{*}AttributeValue")
    assert value is not None
    for _ in range(3000):
        value.addnext(etree.fromstring('<saml:AttributeValue xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>'))
    return field_of(root)


def answer_bombs(stage: Stage) -> dict[str, str]:
    """Return the bombs that come as an answer."""
    bombs = {each.name: each.make(stage.ask()) for each in documents.ATTACKS}
    return {
        **bombs,
        "thousands of namespaces": many_namespaces(stage),
        "thousands of values": many_attributes(stage),
        "eight megabytes of A": "A" * 8 * MEGABYTE,
        "eight megabytes of base64": base64.b64encode(b"<a>" * 2 * MEGABYTE).decode(),
        "one long text": field_of(b"<a>" + b"x" * (MAX_XML - 7) + b"</a>"),
        "one long name": field_of(b"<" + b"x" * (MAX_XML - 3) + b"/>"),
        "nothing but spaces": " " * 8 * MEGABYTE,
    }


def query_bombs() -> dict[str, str]:
    """Return the bombs that come in the query of an address."""
    return {
        "a deflated row of zeros": deflated(b"\0" * 40 * MEGABYTE),
        "a deflated long text": deflated(b"<a>" + b"x" * 40 * MEGABYTE + b"</a>"),
        "a deflated definition": deflated(documents.LAUGHS + b"<x>&g;</x>"),
        "a query of eight megabytes": "SAMLRequest=" + "A" * 8 * MEGABYTE,
        "a query just within the limit": "SAMLRequest=" + "A" * (MAX_ENCODED - 20),
    }


def post_bombs() -> dict[str, str]:
    """Return the bombs that come as a posted request."""
    return {"a posted definition": field_of(documents.LAUGHS + b"<x>&g;</x>"), "a long post": "A" * 8 * MEGABYTE}


def write_all(folder: Path) -> None:
    """Write every bomb to a file of its own, in a folder named after the door it is thrown at."""
    for door, bombs in (("answer", answer_bombs(Stage())), ("query", query_bombs()), ("post", post_bombs())):
        (folder / door).mkdir()
        for name, content in bombs.items():
            (folder / door / name).write_text(content)


def peak() -> int:
    """Return the most memory this process ever used, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(folder: Path) -> None:
    """Sign in once, so that everything is loaded; then throw one bomb after the other."""
    stage = Stage()
    stage.read(field_of(stage.ask("_first").signed()))
    stage.ask()
    doors: dict[str, Callable[[str], object]] = {
        "answer": stage.read,
        "query": unpack_redirect,
        "post": lambda field: unpack_post({"SAMLRequest": field}),
    }
    at_first, growth = peak(), {}
    for path in sorted(folder.glob("*/*")):
        try:
            doors[path.parent.name](path.read_text())
            code = "accepted"
        except SamlError as error:
            code = str(error.code)
        growth[path.name] = {"kilobytes": peak() - at_first, "code": code}
    print(json.dumps(growth))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
