"""The benchmark's collection, read as a script in front of a client would: one value a line, its kind by its form."""

import ipaddress


def kind(value):
    """The service's name for what a value is."""
    if value.startswith("http://"):
        return "url"
    if len(value) == 64 and "." not in value:
        return "fileSha256"
    if len(value) == 40 and "." not in value:
        return "fileSha1"
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return "domain"
    return "ip"


def read(path):
    """Each value with its kind, in the order of the file."""
    with open(path, encoding="utf-8") as lines:
        return [(kind(value), value) for value in lines.read().split()]


def requests(entries, most):
    """The entries in as many parts as requests are needed, with at most `most` in each."""
    return [entries[start : start + most] for start in range(0, len(entries), most)]
