"""The requests that compare-bytes sends to both routers: one table, by name."""
import json

from recording_engine import Behaviour, JSON_TYPE

CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
WORDS = [{"role": "user", "content": "Tell me of rivers."}]
TOOL = {"type": "function", "function": {"name": "f", "description": "Looks up."}}
PARAMETERS = {"type": "object", "properties": {"a": {"type": "string"}}}
ERROR = json.dumps({"error": {"message": "No.", "type": "BadRequestError", "param": None,
                              "code": 400}}).encode()
LIMIT = 65536  # Both routers' --max-payload-size.


class Case:
    """One request. `body` is bytes as they are, or a value written as JSON without blanks."""

    def __init__(self, name, target, body=None, method="POST", fields=(), behaviour=None,
                 modes=("single", "split"), chunks=None, type="application/json"):
        self.name, self.method, self.target, self.modes = name, method, target, modes
        self.behaviour = behaviour or Behaviour()
        self.body = written(body)
        self.chunks = chunks
        self.fields = list(fields)
        if type and self.body:
            self.fields.insert(0, ("Content-Type", type))

    def bytes(self, port):
        """The request on the wire, its body in chunks where the case says so."""
        head = f"{self.method} {self.target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        for name, value in self.fields:
            head += f"{name}: {value}\r\n"
        if self.chunks:
            size, parts = self.chunks, b""
            for start in range(0, len(self.body), size):
                part = self.body[start:start + size]
                parts += b"%x\r\n%s\r\n" % (len(part), part)
            return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + parts + b"0\r\n\r\n"
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            head += f"Content-Length: {len(self.body)}\r\n"
        return head.encode("latin-1") + b"\r\n" + self.body


def written(body):
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def chat(**members):
    return {"model": "m", "messages": WORDS, "max_tokens": 8, **members}


def text(**members):
    return {"model": "m", "prompt": "A river is", "max_tokens": 8, **members}


def cases():
    return [*generation(), *streams(), *other_routes(), *gets(), *bodies(), *heads(), *failures(),
            *answers(), *operators()]


def generation():
    yield Case("chat", CHAT, chat())
    yield Case("chat, unknown members", CHAT, chat(x_mine={"a": [1, None]}, priority=3))
    yield Case("chat, temperature 0.7", CHAT, chat(temperature=0.7, top_p=0.95, min_p=0.05))
    yield Case("chat, nulls", CHAT, chat(stop=None, tools=None, temperature=None, user=None))
    yield Case("chat, blanks and order", CHAT,
               b'{ "max_tokens" : 8,\n "messages" : [ {"content":"Hi","role":"user"} ],'
               b' "temperature" : 1.0, "model" : "m" }')
    yield Case("chat, escapes and wide letters", CHAT,
               rb'{"model":"m","messages":[{"role":"user","content":"\u00e9\/ \ud83d\udea2 '
               + "é🚢".encode() + b'"}],"max_tokens":8}')
    yield Case("chat, whole floats and large integers", CHAT,
               b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":8,'
               b'"seed":9007199254740993,"temperature":1.0,"x_e":1E2}')
    yield Case("chat, duplicate member", CHAT,
               b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":8,'
               b'"x_a":1,"x_a":2}')
    yield Case("chat, tools", CHAT, chat(tools=[
        {"type": "function", "function": {**TOOL["function"], "parameters": PARAMETERS,
                                          "strict": True}}], tool_choice="auto"))
    yield Case("chat, tools without parameters", CHAT, chat(tools=[TOOL]))
    yield Case("chat, tool messages", CHAT, chat(messages=[
        *WORDS, {"role": "assistant", "content": None, "refusal": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "name": "f", "content": "42"}]))
    yield Case("chat, several parts", CHAT, chat(messages=[{"role": "user", "content": [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA",
                                            "detail": "low"}}]}]))
    yield Case("chat, developer", CHAT,
               chat(messages=[{"role": "developer", "content": "Be brief."}, *WORDS]))
    yield Case("chat, json_schema", CHAT, chat(response_format={
        "type": "json_schema", "json_schema": {"name": "s", "description": "d", "strict": True,
                                               "schema": PARAMETERS}}))
    yield Case("chat, logit_bias", CHAT, chat(logit_bias={"20": 5.5}))
    yield Case("chat, logprobs", CHAT, chat(logprobs=True, top_logprobs=2))
    yield Case("chat, n=2", CHAT, chat(n=2))
    yield Case("chat, max_completion_tokens", CHAT, chat(max_completion_tokens=5))
    yield Case("chat, kv_transfer_params of the client's", CHAT,
               chat(kv_transfer_params={"do_remote_prefill": True, "remote_host": "h"}))
    yield Case("chat, no messages", CHAT, {"model": "m"})
    yield Case("chat, max_tokens -1", CHAT, chat(max_tokens=-1))
    yield Case("chat with a model that nobody lists", CHAT, chat(model="no-such"))
    yield Case("completion", TEXT, text())
    yield Case("completion, list of prompts", TEXT, text(prompt=["a", "b"]))
    yield Case("completion, token ids", TEXT, text(prompt=[1, 2, 3]))
    yield Case("completion, lists of token ids", TEXT, text(prompt=[[1, 2], [3]]))
    yield Case("completion, prompt_embeds only", TEXT, {"model": "m", "prompt_embeds": "AAAA"})
    yield Case("completion, n=2", TEXT, text(n=2, temperature=0.7))
    yield Case("completion, echo and logprobs", TEXT, text(echo=True, logprobs=1))
    yield Case("/generate", "/generate", {"text": "A river", "x_mine": 1, "sampling_params": {
        "temperature": 0.7, "max_new_tokens": 4, "x_mine": 2}})
    yield Case("/inference/v1/generate", "/inference/v1/generate", {
        "token_ids": [1, 2, 3], "sampling_params": {"max_tokens": 4, "temperature": 0.7}})
    yield Case("responses", "/v1/responses", {"model": "m", "input": "Hi", "store": False})


def streams():
    yield Case("chat, streamed", CHAT, chat(stream=True))
    yield Case("chat, streamed with usage", CHAT,
               chat(stream=True, stream_options={"include_usage": True}))
    yield Case("chat, streamed, continuous_usage_stats", CHAT, chat(
        stream=True, stream_options={"include_usage": True, "continuous_usage_stats": True}))
    yield Case("completion, streamed", TEXT, text(stream=True))
    yield Case("completion, streamed with usage", TEXT,
               text(stream=True, stream_options={"include_usage": True}))
    yield Case("responses, streamed", "/v1/responses",
               {"model": "m", "input": "Hi", "stream": True})
    yield Case("chat, streamed, the engine answers whole", CHAT, chat(stream=True), behaviour=
               Behaviour("answer", 200, [JSON_TYPE], b'{"choices":[]}', role="decode"))


def other_routes():
    yield Case("embeddings", "/v1/embeddings", {"model": "m", "input": "a"})
    yield Case("embeddings, unknown members", "/v1/embeddings",
               {"model": "m", "input": ["a", "b"], "truncate_prompt_tokens": 4, "dimensions": 2})
    yield Case("embeddings of messages", "/v1/embeddings", {"model": "m", "messages": WORDS})
    rerank = {"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 1}
    yield Case("rerank", "/v1/rerank", rerank)
    yield Case("/rerank", "/rerank", rerank)
    yield Case("rerank without query", "/v1/rerank", {"model": "m", "documents": ["a"]})
    yield Case("score", "/score", {"model": "m", "text_1": "a", "text_2": "b", "x": 0.7})
    yield Case("pooling with query and fields", "/pooling?x=1&y=%20", {"model": "m", "input": "a"},
               fields=[("X-Mine", "1"), ("Authorization", "Bearer sk-mine")])
    form = (b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--b\r\n'
            b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n\x00\xff\r\n'
            b"--b--\r\n")
    yield Case("a form with a file", "/v1/audio/transcriptions", form,
               type="multipart/form-data; boundary=b")
    yield Case("PUT on an unknown path", "/v1/custom", {"a": 1}, method="PUT")
    yield Case("PATCH on an unknown path", "/v1/custom", {"a": 1}, method="PATCH")
    yield Case("DELETE on an unknown path", "/v1/custom", method="DELETE")
    yield Case("HEAD on an unknown path", "/v1/custom", method="HEAD")
    yield Case("POST without a body", "/v1/custom")
    yield Case("a list as body", "/v1/custom", [1, 2])
    yield Case("text as body", "/v1/custom", b"words", type="text/plain")
    yield Case("tokenize, which engines do not know", "/tokenize", {"model": "m", "prompt": "a"})


def gets():
    for path in ["/v1/models", "/health", "/liveness", "/readiness", "/get_server_info",
                 "/get_model_info", "/health_generate", "/metrics", "/version", "/v1/custom?a=1",
                 "/nowhere", "/v1/responses/resp_1", "/v1/responses/resp_1/input",
                 "/scheduling/diagnostics"]:
        yield Case("GET " + path, path, method="GET",
                   fields=[("X-Mine", "1"), ("Accept", "application/json")])
    yield Case("DELETE /v1/responses/resp_1", "/v1/responses/resp_1", method="DELETE")
    yield Case("cancel a response", "/v1/responses/resp_1/cancel")


def bodies():
    yield Case("bad JSON", CHAT, b'{"model":"m",')
    yield Case("empty body", CHAT)
    yield Case("a list in place of a request", CHAT, [1])
    yield Case("no content type", CHAT, chat(), type=None)
    yield Case("content type text/plain", CHAT, chat(), type="text/plain")
    yield Case("content type with a charset", CHAT, chat(), type="application/json; charset=utf-8")
    yield Case("too large", CHAT, chat(x_mine="x" * LIMIT))
    yield Case("too large on an unknown path", "/v1/custom", {"x": "x" * LIMIT})
    yield Case("body in chunks", CHAT, chat(), chunks=20)
    yield Case("body in chunks, unknown path", "/v1/custom", {"a": "b" * 50}, chunks=20)
    yield Case("expect: 100-continue", CHAT, chat(), fields=[("Expect", "100-continue")])


def heads():
    yield Case("wrong method", CHAT, method="GET")
    yield Case("wrong method, DELETE", CHAT, method="DELETE")
    yield Case("preflight", CHAT, method="OPTIONS", fields=[
        ("Origin", "https://a.example"), ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,authorization")])
    yield Case("preflight of an unknown path", "/v1/custom", method="OPTIONS", fields=[
        ("Origin", "https://a.example"), ("Access-Control-Request-Method", "POST")])
    yield Case("plain OPTIONS", CHAT, method="OPTIONS")
    yield Case("an origin", CHAT, chat(), fields=[("Origin", "https://a.example")])
    for name in ["X-Request-Id", "X-Correlation-Id", "X-Trace-Id", "Request-Id"]:
        yield Case(name.lower(), CHAT, chat(), fields=[(name, "mine-1")])
    yield Case("x-request-id and x-trace-id", CHAT, chat(),
               fields=[("X-Trace-Id", "trace-1"), ("X-Request-Id", "mine-1")])
    yield Case("x-request-id with odd letters", CHAT, chat(),
               fields=[("X-Request-Id", "a b\u00e9")])
    yield Case("x-request-id on an unknown path", "/v1/custom", {"a": 1},
               fields=[("X-Request-Id", "mine-1")])
    yield Case("authorization", CHAT, chat(), fields=[("Authorization", "Bearer sk-mine")])
    yield Case("data-parallel rank", CHAT, chat(), fields=[("X-data-parallel-rank", "7")])
    yield Case("data-parallel rank, ranked workers", CHAT, chat(), modes=("ranks",),
               fields=[("X-data-parallel-rank", "7")])
    yield Case("chat, ranked workers", CHAT, chat(temperature=0.7), modes=("ranks",))
    yield Case("query of a chat", CHAT + "?a=1&b=%2F", chat())
    yield Case("fields of the client's", CHAT, chat(), fields=[
        ("X-Mine", "1"), ("X-Mine", "2"), ("Accept", "*/*"), ("User-Agent", "test/1"),
        ("Accept-Encoding", "gzip, br"), ("Cookie", "a=b"), ("X-Vllm-Priority", "2"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "a=b"), ("X-Forwarded-For", "10.0.0.1")])
    yield Case("fields of the client's hop", CHAT, chat(), fields=[
        ("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"), ("Proxy-Authorization", "Basic YQ=="), ("X-Stays", "1")])


def failures():
    def error(status, fields=(), **more):
        return Behaviour("answer", status, [JSON_TYPE, *fields],
                         ERROR.replace(b"400", str(status).encode()), **more)

    retry = [("retry-after", "7"), ("x-engine", "yes")]
    for status in (400, 404, 422, 501):
        yield Case(f"engine says {status}", CHAT, chat(), behaviour=error(status, retry))
    yield Case("engine says 400 to a stream", CHAT, chat(stream=True), behaviour=error(400))
    yield Case("engine says 302", CHAT, chat(), behaviour=Behaviour(
        "answer", 302, [("location", "/elsewhere")], b""))
    for status in (429, 500, 503):
        yield Case(f"an engine says {status} once", CHAT, chat(),
                   behaviour=error(status, retry[1:], times=1))
        yield Case(f"engines say {status}", CHAT, chat(), behaviour=error(status, retry[1:]))
    yield Case("engines say 429 with Retry-After", CHAT, chat(), behaviour=error(429, retry))
    yield Case("engines say 500 on an unknown path", "/v1/custom", {"a": 1},
               behaviour=error(500, retry))
    yield Case("prefill says 429 with Retry-After", CHAT, chat(), modes=("split",),
               behaviour=error(429, retry, role="prefill"))
    yield Case("prefill says 503 once", CHAT, chat(), modes=("split",),
               behaviour=error(503, role="prefill", times=1))
    yield Case("decode says 400", CHAT, chat(), modes=("split",),
               behaviour=error(400, retry, role="decode"))
    yield Case("decode says 503 once", CHAT, chat(), modes=("split",),
               behaviour=error(503, role="decode", times=1))
    yield Case("decode breaks off once", CHAT, chat(), modes=("split",),
               behaviour=Behaviour("close", role="decode", times=1))
    yield Case("an engine breaks off once", CHAT, chat(), behaviour=Behaviour("close", times=1))
    yield Case("engines break off", CHAT, chat(), behaviour=Behaviour("close"))
    yield Case("a stream breaks off", CHAT, chat(stream=True), behaviour=Behaviour("cut", times=1))
    yield Case("an engine breaks off on an unknown path", "/v1/custom", {"a": 1},
               behaviour=Behaviour("close", times=1))


def answers():
    kept = [("x-engine", "yes"), ("set-cookie", "a=1"), ("set-cookie", "b=2"),
            ("x-request-id", "the-engine's"), ("access-control-allow-origin", "https://e.example")]
    yield Case("fields of the engine's", CHAT, chat(),
               behaviour=Behaviour("plain", fields=kept))
    yield Case("fields of the engine's hop", CHAT, chat(), behaviour=Behaviour(
        "usual", fields=[("keep-alive", "timeout=5"), ("proxy-authenticate", "Basic")]))
    yield Case("compressed answer", CHAT, chat(), fields=[("Accept-Encoding", "gzip")],
               behaviour=Behaviour("gzip", role=None), modes=("single",))
    yield Case("compressed answer of decode", CHAT, chat(), fields=[("Accept-Encoding", "gzip")],
               behaviour=Behaviour("gzip", role="decode"), modes=("split",))
    yield Case("204 without a body", "/v1/custom", {"a": 1},
               behaviour=Behaviour("answer", 204))
    yield Case("answer that is no JSON", CHAT, chat(), behaviour=Behaviour(
        "answer", 200, [("content-type", "text/plain")], b"words", role="decode"))


def operators():
    yield Case("GET /workers", "/workers", method="GET")
    yield Case("GET /list_workers", "/list_workers", method="GET")
    yield Case("GET /get_loads", "/get_loads", method="GET")
    yield Case("POST /flush_cache", "/flush_cache")
    yield Case("a session ends", "/finish_session?session_id=s1")
    yield Case("a session ends, none named", "/finish_session")
    yield Case("a worker that is not there", "/workers/http%3A%2F%2F127.0.0.1%3A9", method="GET")
    yield Case("a worker that is not there leaves", "/remove_worker?url=http://127.0.0.1:9")
    yield Case("a worker without a URL", "/add_worker")
