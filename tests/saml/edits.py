"""Changes to a SAML document, one at a time."""

from collections.abc import Callable

from lxml import etree

from saml.names import NSMAP

Edit = Callable[[etree._Element], object]


def one(root: etree._Element, path: str) -> etree._Element:
    """Return the first element at the XPath `path` ("." for the root).

    By XPath, because lxml's own search overlooks elements that xmlsec put into the tree.
    """
    found = root.xpath(path, namespaces=NSMAP)
    assert isinstance(found, list) and found, path
    node = found[0]
    assert isinstance(node, etree._Element)
    return node


def setting(path: str, attribute: str, value: str | None) -> Edit:
    """Return an edit that sets (or with None removes) an attribute of the element at `path`."""

    def edit(root: etree._Element) -> None:
        node = one(root, path)
        if value is None:
            del node.attrib[attribute]
        else:
            node.set(attribute, value)

    return edit


def writing(path: str, text: str) -> Edit:
    """Return an edit that replaces the text of the element at `path`."""

    def edit(root: etree._Element) -> None:
        one(root, path).text = text

    return edit


def removing(path: str) -> Edit:
    """Return an edit that removes the element at `path`."""

    def edit(root: etree._Element) -> None:
        node = one(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return edit


def emptying(path: str) -> Edit:
    """Return an edit that removes everything inside the element at `path`."""

    def edit(root: etree._Element) -> None:
        node = one(root, path)
        node.text = None
        for child in list(node):
            node.remove(child)

    return edit


def doubling(path: str) -> Edit:
    """Return an edit that puts a copy of the element at `path` after it."""

    def edit(root: etree._Element) -> None:
        node = one(root, path)
        node.addnext(copied(node))

    return edit


def all_of(*edits: Edit) -> Edit:
    """Return an edit that makes several, in order."""

    def edit(root: etree._Element) -> None:
        for each in edits:
            each(root)

    return edit


def copied(node: etree._Element) -> etree._Element:
    """Return a deep copy that belongs to no document."""
    return etree.fromstring(etree.tostring(node, with_tail=False))
