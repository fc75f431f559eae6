"""Why this router differs from vllm-router 0.1.17: the only reasons that count as intended.

Used by compare-bytes. A reason is given by rules that look at what ours did, not only at the fact
that it is not the same: a body must be the client's, an answer an engine's own, an error OpenAI's.
"""
import json

from byte_differences import ABSENT, Difference, members, parsed, table
from byte_requests import CHAT, TEXT

REASONS = {
    "body-kept": "bodies go to engines as the client wrote them, but for the handoff's members",
    "any-body": "what the router does not read may be anything: forms, text, lists, nothing",
    "engine-judges": "a body that 0.1.17's own types refuse is left to the engine",
    "query-kept": "the query goes to the engine",
    "path-kept": "the path goes to the engine",
    "fields-kept": "the client's fields go to engines, as they came",
    "client-authorization": "split legs carry the client's Authorization, not an empty `Bearer`",
    "no-added-fields": "no Accept is added",
    "id-sent": "the request's id goes to the engine, also where it was made or named otherwise",
    "no-addresses-in-ids": "ids of split legs are the client's, without workers' addresses",
    "one-rank": "a ranked worker gets one X-data-parallel-rank, the chosen one",
    "expect-honoured": "Expect is for the router and goes no further",
    "client-handle-dropped": "kv_transfer_params of a client reach no engine",
    "handle-not-shared": "n > 1 and several prompts are not split: one handle serves one request",
    "not-split": "only generation is split; the rest goes to one decode engine",
    "hints": "prefill is told how its prompt may be chunked",
    "token-ids": "decode gets the token ids that prefill made of a chat",
    "usage": "prefill's input counts in every split request",
    "answer-kept": "the engine's answer as it is: status, type, fields, body",
    "openai-error": "errors are OpenAI's JSON",
    "bad-body-400": "a body that is no JSON object is 400, not 415 or 422",
    "unknown-model": "a model that no engine lists is 404, in vLLM's words",
    "limit-everywhere": "the limit of bodies holds on every path",
    "tried-elsewhere": "a request that failed before its answer began is tried on another engine",
    "fewer-attempts": "full engines are asked once, and two that may have died of it are enough",
    "redirects": "a redirection is the client's to follow",
    "handle-returned": "a handle that nobody will use is given back to prefill",
    "stream-end-told": "a stream that breaks ends with an error event, and whole",
    "bad-gateway": "a broken engine is 502, not 500",
    "more-routes": "methods and paths that 0.1.17 refuses are served",
    "stored-responses": "the engine that keeps a response is looked for",
    "cors-everywhere": "cross-origin fields on every answer, preflights on every path",
    "plain-options": "OPTIONS that is no preflight is an ordinary request",
    "id-everywhere": "every answer has an x-request-id",
    "no-date": "the router's own answers have no Date",
    "plain-text": "text/plain of the router's own is ASCII, and no charset is named",
    "models-union": "/v1/models is answered from what engines said, all of them together",
    "metrics-elsewhere": "/metrics is not on the clients' port",
    "operators": "operators' routes do what they say with vLLM, and tell more",
    "delimited": "the same bytes, otherwise delimited",
}
GENERATION = {CHAT, TEXT, "/v1/responses", "/generate", "/inference/v1/generate"}
READ = GENERATION | {"/v1/embeddings", "/rerank", "/v1/rerank"}
# What the handoff may change in a body, at the member or below it.
HANDOFF = {
    "prefill": ("max_tokens", "max_completion_tokens", "min_tokens", "max_output_tokens", "stream",
                "stream_options", "sampling_params.max_tokens", "sampling_params.min_tokens",
                "kv_transfer_params", "return_token_ids"),
    "decode": ("kv_transfer_params",)}
OPERATORS = {"/workers", "/list_workers", "/get_loads", "/flush_cache", "/remove_worker",
             "/add_worker", "/finish_session", "/health_generate"}
OWN = OPERATORS | {"/health", "/liveness", "/readiness", "/v1/models", "/metrics",
                   "/scheduling/diagnostics"}
PROBES = {"/health", "/liveness", "/readiness"}


class Context:
    """One case at both routers, and what kind of answer ours is."""

    def __init__(self, case, mode, theirs, ours):
        self.case, self.mode, self.theirs, self.ours = case, mode, theirs, ours
        self.path = case.target.split("?")[0]
        self.asked = members(case.body) or {}
        self.fields = table(case.fields)
        self.last = next((leg for leg in reversed(ours.legs) if leg.answer), None)
        self.kind = self.kind_of_ours()

    def kind_of_ours(self):
        """`engine`: passed on as it was; `usage`: but for its usage; `ended`; `error`; `own`."""
        answer = self.ours.answer
        if self.last and not self.is_own:
            sent = self.last.answer
            same = answer.status == sent.status and passes_fields(sent, answer)
            if same and (answer.body == sent.body or self.case.method == "HEAD"):
                return "engine"
            if same and sent.is_cut and answer.body.startswith(sent.body):
                tail = answer.body[len(sent.body):]
                is_told = tail.endswith(b"data: [DONE]\n\n") and b'"error"' in tail
                return "ended" if is_told else None
            if same and self.is_split and without_usage(answer.body) == without_usage(sent.body):
                return "usage"
        value = parsed(answer.body)
        error = value.get("error") if isinstance(value, dict) else None
        if answer.status >= 400 and isinstance(error, dict) and all(
                error.get(name) for name in ("message", "type", "code")):
            return "error"
        return "own" if self.is_own or self.case.method == "OPTIONS" and not self.last else None

    @property
    def is_own(self):
        return self.path in OWN or self.path.startswith("/workers/")

    @property
    def is_split(self):
        return bool(self.ours.of("prefill")) and bool(self.ours.of("decode"))

    @property
    def fails(self):
        return self.case.behaviour.kind in ("close", "cut") or self.case.behaviour.status >= 400


def passes_fields(sent, answer):
    """Whether all of an engine's fields but those of its hop and of CORS are in the answer."""
    got = table(answer.fields)
    hop = ("keep-alive", "proxy-authenticate", "access-control-allow-origin", "x-request-id")
    return all(got.get(name) == values for name, values in table(sent.fields).items()
               if name not in hop) and not any(name in got for name in hop[:1])


def without_usage(body):
    """A JSON body, or the data of a stream's events, less usage."""
    if body.startswith((b"data:", b"event:")):
        return [without_usage(line[6:]) if line.startswith(b"data: {") else line
                for line in body.split(b"\n")]
    value = parsed(body)
    inner = value.get("response") if isinstance(value, dict) else None
    for holder in (value, inner):
        if isinstance(holder, dict):
            holder.pop("usage", None)
    return json.dumps(value) if value is not None else body


def faults(context):
    """What is wrong with ours whatever the peer does."""
    case, ours = context.case, context.ours
    for leg in ours.legs:
        is_whole = not ours.of("prefill") and not context.is_own
        # The router asks who keeps a stored response; a client's handle is dropped.
        is_asked = leg.method == case.method and b"kv_transfer_params" not in case.body
        if is_whole and is_asked and leg.body != case.body:
            yield Difference(leg.role, "bytes that are not the client's", case.body, leg.body)
        if context.is_split:
            yield from changed(leg, context)
        first = ours.of(leg.role)[0]
        if not context.is_own and leg.method == first.method and (
                (leg.target, known(leg)) != (first.target, known(first))
                or leg.body != first.body and context.mode != "split"):
            yield Difference(leg.role, "attempts that differ", known(first), known(leg))
    if context.kind is None:
        sent = context.last.answer.body if context.last else b""
        yield Difference("answer", "neither an engine's nor an OpenAI error", sent,
                         ours.answer.body)


def changed(leg, context):
    """Members of a split leg's body that are not the client's, and not the handoff's either."""
    got = members(leg.body) or {}
    for path in got.keys() | context.asked.keys():
        top = path.replace("[", ".") + "."
        if got.get(path) != context.asked.get(path) and not any(
                top.startswith(name + ".") for name in HANDOFF[leg.role]):
            yield Difference(leg.role, "member that is not the client's, " + path,
                             context.asked.get(path, ABSENT), got.get(path, ABSENT))


def known(leg):
    """The fields of a leg that do not depend on the worker or on what it has cached."""
    return {name: values for name, values in table(leg.fields).items()
            if name != "host" and not name.startswith("x-pd-prefill-")}


def reason(difference, context):
    """The key of the first rule that knows the difference; None when none does."""
    place = "answer" if difference.place == "answer" else "leg"
    what, _, name = difference.what.partition(" ")
    rule = RULES.get((place, what))
    return rule(difference, context, name) if rule else None


def leg_field(difference, context, name):
    theirs, ours = difference.theirs, difference.ours
    wanted = " ; ".join(context.fields.get(name, [])) or ABSENT
    if name == "x-request-id":
        if theirs == "ADDRESSES-ID" and ours != ABSENT:
            return "no-addresses-in-ids"
        return "id-sent" if ours != ABSENT else None
    if name.startswith("x-pd-prefill-") and difference.place == "prefill" and theirs == ABSENT:
        return "hints"
    if name == "x-data-parallel-rank" and theirs == "7 ; RANK" and ours == "RANK":
        return "one-rank"
    if name == "user-agent" and ours == "vllm-router":
        return question(context)
    if name == "expect" and ours == ABSENT:
        return "expect-honoured"
    if context.ours.legs and context.ours.legs[0].values("user-agent") == ["vllm-router"]:
        return question(context)
    if ours != wanted:
        return None
    if name == "authorization" and theirs.strip() == "Bearer":
        return "client-authorization"
    if name == "accept" and theirs == "*/*":
        return "no-added-fields"
    return "fields-kept" if ours != ABSENT else None


def question(context):
    """The reason of a request that the router makes of its own."""
    if context.path.startswith("/v1/responses/"):
        return "stored-responses"
    return "operators" if context.path in OPERATORS else None


def leg_target(difference, context, _):
    if question(context):
        return question(context)
    if difference.ours != context.case.target:
        return None
    is_query = difference.ours.startswith(difference.theirs + "?")
    return "query-kept" if is_query else "path-kept"


def leg_member(difference, context, name):
    wanted = context.asked.get(name, ABSENT)
    if name.startswith("kv_transfer_params") and difference.ours == ABSENT:
        if not context.ours.of("prefill") and context.theirs.of("prefill"):
            return "handle-not-shared" if context.path in GENERATION else "not-split"
        return "client-handle-dropped" if wanted == difference.theirs else None
    if difference.ours == wanted:
        return "body-kept"
    if name == "return_token_ids" or "prompt_token_ids" in name:
        return "token-ids"
    return None


def leg_requests(difference, context, _):
    theirs, ours, role = difference.theirs, difference.ours, difference.place
    case = context.case
    if question(context):
        return question(context)
    if case.behaviour.status == 302:
        return "redirects"
    if role == "prefill" and not ours and context.ours.of("decode"):
        return "handle-not-shared" if context.path in GENERATION else "not-split"
    if context.fails and theirs and context.mode != "split" and 1 < ours < theirs:
        return "fewer-attempts"
    if context.fails and context.mode == "split" and ours > theirs:
        return "tried-elsewhere"
    return outcome(context)


def outcome(context):
    """Why one router answered where the other did not, or answered something else."""
    theirs, ours = context.theirs, context.ours
    here, there = ours.answer.status, theirs.answer.status
    case, path, kind = context.case, context.path, context.kind
    if path == "/metrics":
        return "metrics-elsewhere" if here == 404 and kind == "error" else None
    if path == "/v1/models":
        return "models-union" if here == 200 else None
    if question(context):
        return question(context)
    if path in OPERATORS or path.startswith("/workers/"):
        return "openai-error" if kind == "error" and here == there else "operators"
    if case.method == "OPTIONS":
        return "cors-everywhere" if here == 200 else "plain-options" if there == 200 else None
    if kind == "error":
        return outcome_of_error(here, there, context)
    if kind in ("engine", "usage") and ours.legs:
        return outcome_of_answer(here, there, context)
    return "stream-end-told" if kind == "ended" else None


def outcome_of_error(here, there, context):
    if here == there:
        return "openai-error"
    if here == 404 and b'"model_not_found"' in context.ours.answer.body:
        return "unknown-model" if context.asked.get("model") == '"no-such"' else None
    if here == 413 and context.path not in READ:
        return "limit-everywhere"
    if here == 400 and there in (415, 422) and not context.ours.legs:
        return "bad-body-400"
    return "bad-gateway" if (here, there) == (502, 500) and context.fails else None


def outcome_of_answer(here, there, context):
    theirs, case, path = context.theirs, context.case, context.path
    if case.behaviour.status == 302:
        return "redirects"
    if context.fails:
        if here == 200:
            return "tried-elsewhere" if len(context.ours.legs) > 1 and there != 200 else None
        return "answer-kept" if here == there or there == 500 else None
    if not theirs.legs and there in (405, 501):
        return "more-routes"
    if not theirs.legs and there in (400, 415, 422):
        return "engine-judges" if path in READ else "any-body"
    if theirs.of("prefill") and not context.ours.of("prefill"):
        return "handle-not-shared" if path in GENERATION else "not-split"
    if here == there and context.kind == "usage":
        return "usage"
    # 0.1.17 cannot read vLLM's rerank, nor a prefill answer without a body.
    is_unread = there == 500 and (path in ("/rerank", "/v1/rerank") or here == 204)
    return "answer-kept" if here == there or is_unread else None


def answer_field(difference, context, name):
    theirs, ours = difference.theirs, difference.ours
    answer = table(context.last.answer.fields) if context.last else {}
    if name.startswith("access-control-") or name == "vary":
        return "cors-everywhere" if theirs == ABSENT else outcome(context)
    if name == "x-request-id":
        return "id-everywhere" if theirs == ABSENT and ";" not in ours else None
    if name == "date":
        is_own = context.kind in ("error", "own") or question(context)
        return "no-date" if ours == ABSENT and is_own else None
    if name == "content-type" and (theirs, ours) == ("text/plain; charset=utf-8", "text/plain"):
        return "plain-text" if context.path in PROBES | OPERATORS else None
    if name == "content-type" and theirs.startswith("text/event-stream"):
        return "answer-kept" if ours == " ; ".join(answer.get(name, [])) else None
    if name == "content-type" and context.kind == "error":
        return "openai-error"
    if name in answer and context.kind in ("engine", "usage", "ended") and theirs == ABSENT:
        return "answer-kept"
    if name in ("content-type", "server", "location"):
        return outcome(context)
    return None


def answer_framing(difference, context, _):
    if context.kind == "ended":
        return "stream-end-told"
    if "broken" in (difference.theirs, difference.ours) or difference.ours == "nothing":
        return None
    return "delimited"


def answer_body(difference, context, _):
    return outcome(context)


RULES = {
    ("leg", "field"): leg_field,
    ("leg", "target"): leg_target,
    ("leg", "method"): lambda difference, context, _: question(context),
    ("leg", "member"): leg_member,
    ("leg", "body"): lambda difference, context, _: (
        "body-kept" if difference.ours == context.case.body else None),
    ("leg", "writing"): lambda difference, context, _: "body-kept",
    ("leg", "requests"): leg_requests,
    ("leg", "framing"): lambda difference, context, _: "delimited",
    ("leg", "handles"): lambda difference, context, _: (
        "handle-returned" if context.fails and difference.ours == 1 else None),
    ("answer", "status"): lambda difference, context, _: outcome(context),
    ("answer", "body"): answer_body,
    ("answer", "field"): answer_field,
    ("answer", "framing"): answer_framing,
}
