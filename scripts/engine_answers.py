"""Asks engines and routers over HTTP and brings their answers into a form that can be compared.

Shared by check-answers and soak-engines: whole answers and streams put together, without what
differs between two processes or two moments, and the sums of a metrics page. Standard library only.
"""
import http.client
import json
import re
from urllib.parse import urlsplit

TIMEOUT = 60
# Differ between two processes or two moments, whatever the router does.
UNSTABLE = {"created", "created_at", "completed_at", "system_fingerprint", "request_id",
            "kv_transfer_params", "metrics", "prompt_tokens_details", "input_tokens_details",
            "item_id", "sequence_number"}


class Answer:
    """One HTTP answer, its body read as JSON, as a stream of events, or as text."""

    def __init__(self, status, content_type, body):
        self.status = status
        self.content_type = content_type
        text = body.decode("utf-8", "replace")
        if content_type.startswith("text/event-stream"):
            self.value = assembled(text)
        else:
            try:
                self.value = json.loads(text) if text else ""
            except ValueError:
                self.value = text


def request(base, method, path, body=None, headers=None):
    """Sends one request on a connection of its own; `body` is a value, or bytes as they are."""
    place = urlsplit(base)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=TIMEOUT)
    fields = {"content-type": "application/json", **(headers or {})}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False).encode()
    try:
        connection.request(method, place.path.rstrip("/") + path, body, fields)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("content-type", ""), answer.read())
    finally:
        connection.close()


def assembled(text):
    """A stream as one value: texts joined, lists of token data joined, last word of the rest."""
    whole = {"choices": {}, "done": 0, "errors": [], "unread": [], "rest": {}, "events": []}
    for event in re.split(r"\r?\n\r?\n", text):
        lines = [line[5:].lstrip(" ") for line in event.splitlines() if line.startswith("data:")]
        data = "\n".join(lines)
        if data == "[DONE]":
            whole["done"] += 1
        elif data:
            take_event(data, whole)
    return whole


def take_event(data, whole):
    try:
        value = json.loads(data)
    except ValueError:
        whole["unread"].append(data)
        return
    if value.get("error"):
        whole["errors"].append(value["error"])
        return
    if str(value.get("type", "")).startswith("response."):
        take_response_event(value, whole)
        return
    for choice in value.pop("choices", None) or []:
        join(whole["choices"].setdefault(str(choice.pop("index", 0)), {}), choice)
    usage = value.pop("usage", None)
    if usage:
        whole["rest"]["usage"] = usage
    value.pop("id", None)
    join(whole["rest"], {k: v for k, v in value.items() if k in ("object", "model")})


def take_response_event(value, whole):
    """An event of /v1/responses; how the text is cut into deltas differs from moment to moment."""
    if value["type"].endswith(".delta"):
        whole["rest"]["text"] = whole["rest"].get("text", "") + str(value.get("delta", ""))
    else:
        whole["events"].append(value)


def join(target, piece):
    """Adds one event's members to those before: text and lists grow, others replace."""
    for key, value in piece.items():
        old = target.get(key)
        if value is None:
            target.setdefault(key, None)
        elif isinstance(value, dict):
            if not isinstance(old, dict):
                target[key] = {}
            join(target[key], value)
        elif isinstance(value, list) and isinstance(old, list):
            target[key] = old + value
        elif isinstance(value, str) and isinstance(old, str) and key in (
                "content", "text", "arguments", "reasoning"):
            target[key] = old + value
        else:
            target[key] = value


def has_token(choice):
    """Whether a choice of an answer, whole or put together from a stream, holds generated text."""
    told = choice.get("delta") or choice.get("message") or {}
    return bool(choice.get("text") or told.get("content") or told.get("tool_calls"))


def stable(value):
    """`value` without what two engines or two moments may tell differently."""
    if isinstance(value, list):
        return [stable(element) for element in value]
    if not isinstance(value, dict):
        return value
    drops_id = str(value.get("object", "")) not in ("model", "list")
    return {k: stable(v) for k, v in value.items()
            if k not in UNSTABLE and not (k == "id" and drops_id)}


def differences(one, other, path=""):
    """Where two values differ, as lines; numbers with a fraction may differ by rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = []
        for key in sorted(set(one) | set(other)):
            if key in one and key in other:
                found += differences(one[key], other[key], f"{path}.{key}")
            else:
                found.append(f"{path}.{key}: only {'direct' if key in one else 'routed'}")
        return found
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [line for place, pair in enumerate(zip(one, other))
                for line in differences(*pair, f"{path}[{place}]")]
    if isinstance(one, float) and isinstance(other, (int, float)):
        return [] if abs(one - other) <= 1e-3 * max(1, abs(one)) else [f"{path}: {one} | {other}"]
    return [] if one == other else [f"{path}: {one!r} | {other!r}"]


def samples(base):
    """All samples of a metrics page by their whole name, labels included."""
    place = urlsplit(base)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    lines = (re.match(r"([a-zA-Z_:][\w:]*(?:\{.*\})?)\s+(\S+)", line) for line in text.splitlines())
    return {found[1]: float(found[2]) for found in lines if found}


def counters(base):
    """Sums over labels of all samples that a metrics page shows, by name."""
    sums = {}
    for name, value in samples(base).items():
        plain = name.split("{")[0]
        sums[plain] = sums.get(plain, 0.0) + value
    return sums
