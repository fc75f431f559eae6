"""What differs between two routers' treatment of one request, as single facts.

Used by compare-bytes. Ports, dates and generated ids are masked; the order of fields does not
count, nor do the fields that only say how a message is delimited. JSON bodies are compared member
by member, numbers as they are written.
"""
import json
import re

from recording_engine import OWN_QUESTIONS

# Told by `framing`, or of no meaning beyond one connection.
SKIPPED = {"content-length", "transfer-encoding", "connection"}
ABSENT = "(absent)"
MASKS = [(re.compile(rb"___prefill_addr_.+?___decode_addr_.+?_[0-9a-f]{32}"), b"ADDRESSES-ID"),
         (re.compile(rb"127\.0\.0\.1(:|%3A)(?!9\b)\d+"), rb"127.0.0.1\1PORT"),
         (re.compile(rb"\b(chatcmpl|cmpl|gnt|req)-[A-Za-z0-9]{24}\b(-r[0-9a-f]{1,8}\b)?"),
          rb"\1-ID"),
         (re.compile(rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), b"DATE")]


def masked(data):
    for pattern, mask in MASKS:
        data = pattern.sub(mask, data)
    return data


class Difference:
    """One fact that is not alike: `place` is a leg's role or `answer`, `what` what of it."""

    def __init__(self, place, what, theirs, ours):
        self.place, self.what, self.theirs, self.ours = place, what, theirs, ours

    def told(self, width):
        return (f"{self.place} {self.what}: peer {cut(self.theirs, width)} | "
                f"ours {cut(self.ours, width)}")


def cut(value, width):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= width else text[:width] + "…"


class Seen:
    """What became of a case at one router."""

    def __init__(self, case, legs, answer):
        self.case, self.answer = case, answer
        path = case.target.split("?")[0]
        self.all = [leg for leg in legs if not (
            leg.method == "GET" and leg.path in OWN_QUESTIONS and leg.path != path)]
        self.returns = [leg for leg in self.all if gives_back(leg)]
        self.legs = [leg for leg in self.all if not gives_back(leg)]

    def of(self, role):
        return [leg for leg in self.legs if leg.role == role]


def gives_back(leg):
    """Whether a request only gives a KV handle back: what no client would send."""
    return b'"model":"__release__' in leg.body


def differences(theirs, ours):
    """Every fact that differs, legs first."""
    found = []
    for role in ("whole", "prefill", "decode"):
        left, right = theirs.of(role), ours.of(role)
        if len(left) != len(right):
            found.append(Difference(role, "requests", len(left), len(right)))
        if left and right:
            found += leg_differences(role, left[0], right[0])
    if len(theirs.returns) != len(ours.returns):
        found.append(Difference("decode", "handles given back", len(theirs.returns),
                                len(ours.returns)))
    return [*found, *answer_differences(theirs.answer, ours.answer)]


def leg_differences(role, left, right):
    for what in ("method", "target", "framing"):
        if getattr(left, what) != getattr(right, what):
            yield Difference(role, what, getattr(left, what), getattr(right, what))
    yield from field_differences(role, left.fields, right.fields)
    yield from body_differences(role, left.body, right.body)


def answer_differences(left, right):
    if left.status != right.status:
        yield Difference("answer", "status", left.status, right.status)
    if left.end != right.end:
        yield Difference("answer", "framing", left.end, right.end)
    yield from field_differences("answer", left.fields, right.fields)
    if masked(left.body) != masked(right.body):
        yield Difference("answer", "body", left.body, right.body)


def field_differences(place, left, right):
    one, other = table(left), table(right)
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            yield Difference(place, "field " + name, told(one.get(name)), told(other.get(name)))


def told(values):
    return ABSENT if values is None else " ; ".join(values)


def table(fields):
    values = {}
    for name, value in fields:
        if name.lower() not in SKIPPED:
            text = masked(value.encode("latin-1")).decode("latin-1")
            # Which of the two ranks a router begins with is left to chance.
            if name.lower() == "x-data-parallel-rank" and text in ("0", "1"):
                text = "RANK"
            values.setdefault(name.lower(), []).append(text)
    return {name: sorted(several) for name, several in values.items()}


def body_differences(place, left, right):
    if masked(left) == masked(right):
        return
    one, other = members(left), members(right)
    if one is None or other is None:
        yield Difference(place, "body", left, right)
        return
    paths = [path for path in dict.fromkeys([*one, *other]) if one.get(path) != other.get(path)]
    for path in paths:
        yield Difference(place, "member " + path, one.get(path, ABSENT), other.get(path, ABSENT))
    if not paths:
        yield Difference(place, "writing", left, right)


def parsed(data):
    try:
        return json.loads(data, parse_float=Written, parse_int=Written)
    except ValueError:
        return None


class Written(str):
    """A number as it is written."""


def members(data):
    """The leaves of a JSON object by path, each as text; None for anything else."""
    value = parsed(masked(data))
    if not isinstance(value, dict):
        return None
    leaves = {}
    collect(value, "", leaves)
    return leaves


def collect(value, path, leaves):
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            collect(inner, f"{path}.{name}" if path else name, leaves)
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            collect(inner, f"{path}[{place}]", leaves)
    else:
        leaves[path] = str(value) if isinstance(value, Written) else json.dumps(value)
