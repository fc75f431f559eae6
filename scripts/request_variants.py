"""The requests that check-answers asks of an engine and of a router: one table, by name.

A kind of request counts once, however many ways (streamed or not) it is asked. A random model
without a tool parser refuses some of them; then both sides must refuse alike.
"""
STREAMED = ", streamed"
LONG = "The quick brown fox jumps over the lazy dog, and then it sleeps for a while. " * 24
TOOLS = [{"type": "function", "function": {"name": "f", "description": "Looks up.",
                                           "parameters": {"type": "object"}}}]
# Nobody listens there: an engine that believes it waits, fails, or dies.
ALIEN = {"kv_transfer_params": {
    "do_remote_prefill": True, "do_remote_decode": False, "remote_block_ids": [[1, 2]],
    "remote_engine_id": "00000000-0000-4000-8000-000000000000", "remote_request_id": "cmpl-x-0",
    "remote_host": "127.0.0.1", "remote_port": 9, "tp_size": 1, "remote_num_tokens": 20}}

class Variant:
    """One request; `own` when the router answers it itself, so that only the form must agree.

    `alien` are members that only the router gets and must keep from every engine. `kind` is the
    name without the way it is asked.
    """

    def __init__(self, name, path, body=None, method="POST", own=False, headers=None, alien=None):
        self.name, self.path, self.body = name, path, body
        self.kind = name.removesuffix(STREAMED)
        self.method, self.own, self.headers = method, own, headers
        self.routed_body = {**body, **alien} if alien else body


def chats(model):
    """(name, members) of chat requests; each runs streamed and not."""
    words = [{"role": "user", "content": "Tell me about the sea and the ships on it."}]
    base = {"model": model, "messages": words, "temperature": 0, "max_tokens": 12}
    several = [{"role": "system", "content": "Be brief."}, *words,
               {"role": "assistant", "content": "Ships sail."},
               {"role": "user", "content": [{"type": "text", "text": "And the wind?"}]}]
    yield "chat", base
    yield "chat of several turns", {**base, "messages": several}
    yield "chat n=2", {**base, "n": 2, "temperature": 0.9, "seed": 5}
    yield "chat n=2 at temperature 0", {**base, "n": 2}
    yield "chat n=1", {**base, "n": 1}
    yield "chat max_tokens 1", {**base, "max_tokens": 1}
    yield "chat max_completion_tokens", {**without(base, "max_tokens"),
                                         "max_completion_tokens": 7}
    yield "chat both limits", {**base, "max_completion_tokens": 5}
    yield "chat logprobs", {**base, "logprobs": True, "top_logprobs": 2}
    yield "chat seed", {**base, "temperature": 0.8, "seed": 42}
    yield "chat stop", {**base, "max_tokens": 40, "stop": ["e", "a"]}
    yield "chat unicode", {**base, "messages": [
        {"role": "user", "content": "Grüße, 世界! 🚢 \u0000\u2028 \"quoted\" \\ back"}]}
    yield "chat long", {**base, "messages": [{"role": "user", "content": LONG}]}
    yield "chat min_tokens", {**base, "min_tokens": 8}
    yield "chat unknown members", {**base, "x_unknown": {"a": [1, 2.50, None]}, "user": "u"}
    yield "chat vllm_xargs", {**base, "vllm_xargs": {"mine": "kept", "number": 3}}
    yield "chat kv_transfer_params null", {**base, "kv_transfer_params": None}
    yield "chat tools", {**base, "tool_choice": "none", "tools": TOOLS}
    for choice in ("auto", "required", {"type": "function", "function": {"name": "f"}}):
        word = choice if isinstance(choice, str) else "one named"
        yield f"chat tools, {word}", {**base, "tool_choice": choice, "tools": TOOLS}
    yield "chat tool messages", {**base, "messages": [
        *words, {"role": "assistant", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"}]}
    schema = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}
    yield "chat json_schema", {**base, "max_tokens": 30, "response_format": {
        "type": "json_schema", "json_schema": {"name": "s", "schema": schema}}}
    yield "chat json_object", {**base, "response_format": {"type": "json_object"}}
    yield "chat structured choice", {**base, "structured_outputs": {"choice": ["north", "south"]}}
    yield "chat logit_bias", {**base, "logit_bias": {"20": 5.5, "21": -100}}
    yield "chat template arguments", {**base, "chat_template_kwargs": {"enable_thinking": False}}
    yield "chat continued answer", {**base, "messages": [
        *words, {"role": "assistant", "content": "The sea is"}],
        "add_generation_prompt": False, "continue_final_message": True}
    yield "chat cache_salt", {**base, "cache_salt": "a tenant's own"}
    yield "chat prompt_logprobs", {**base, "prompt_logprobs": 1}
    yield "chat echo", {**base, "echo": True, "add_generation_prompt": False}
    tail = {"role": "user", "content": "What did it jump over?"}
    yield "chat long, asked again", {**base, "messages": [{"role": "user", "content": LONG}]}
    yield "chat long, another tail", {**base, "messages": [
        {"role": "user", "content": LONG}, {"role": "assistant", "content": "Yes."}, tail]}
    yield "chat return_token_ids", {**base, "return_token_ids": True}
    yield "chat penalties", {**base, "repetition_penalty": 1.3, "frequency_penalty": 0.5}


def completions(model):
    """(name, members) of completion requests; each runs streamed and not."""
    base = {"model": model, "prompt": "Once upon a time there was a harbour",
            "temperature": 0, "max_tokens": 12}
    ids = [17 + 7 * place % 200 for place in range(60)]
    yield "completion", base
    yield "completion of token ids", {**base, "prompt": ids}
    yield "completion of one token", {**base, "prompt": [23]}
    yield "completion, list of texts", {**base, "prompt": ["One fish", "two fish, red fish"]}
    yield "completion, list of one", {**base, "prompt": ["One fish only in this list"]}
    yield "completion, lists of ids", {**base, "prompt": [ids[:20], ids[20:50]]}
    yield "completion n=2", {**base, "n": 2, "temperature": 0.9, "seed": 5}
    yield "completion n=2 at temperature 0", {**base, "n": 2}
    yield "completion max_tokens 1", {**base, "max_tokens": 1}
    yield "completion default length", without(base, "max_tokens")
    yield "completion logprobs", {**base, "logprobs": 2}
    yield "completion echo", {**base, "echo": True}
    yield "completion echo logprobs", {**base, "echo": True, "logprobs": 1}
    yield "completion prompt_logprobs", {**base, "prompt_logprobs": 1}
    yield "completion seed", {**base, "temperature": 1.0, "seed": 7}
    yield "completion stop", {**base, "max_tokens": 40, "stop": "e"}
    yield "completion stop_token_ids", {**base, "max_tokens": 40, "stop_token_ids": [20, 40, 60]}
    yield "completion min_tokens", {**base, "min_tokens": 12}
    yield "completion ignore_eos", {**base, "ignore_eos": True, "max_tokens": 30}
    yield "completion unicode", {**base, "prompt": "naïve 漢字 🏴‍☠️ \t\r\n end"}
    yield "completion long", {**base, "prompt": LONG + LONG}
    yield "completion long, asked again", {**base, "prompt": LONG + LONG}
    yield "completion long, another tail", {**base, "prompt": LONG + LONG + " And then?"}
    yield "completion best_of", {**base, "best_of": 2}
    yield "completion beam search", {**base, "use_beam_search": True, "n": 2}
    yield "completion logit_bias", {**base, "logit_bias": {"20": 50}}
    yield "completion structured choice", {**base, "structured_outputs": {"choice": ["a", "b"]}}
    yield "completion structured regex", {**base, "structured_outputs": {"regex": "[ab]{3}c"}}
    yield "completion json_object", {**base, "response_format": {"type": "json_object"}}
    yield "completion stop kept", {**base, "max_tokens": 40, "stop": ["e", "\n"],
                                   "include_stop_str_in_output": True}
    yield "completion penalties", {**base, "presence_penalty": 0.9, "repetition_penalty": 1.2}
    yield "completion sampled by top_k and min_p", {**base, "temperature": 0.8, "seed": 3,
                                                    "top_k": 5, "min_p": 0.1}
    yield "completion allowed_token_ids", {**base, "allowed_token_ids": [40, 50, 60]}
    yield "completion bad_words", {**base, "bad_words": ["a", "the"]}
    yield "completion tokens as ids", {**base, "logprobs": 1, "return_tokens_as_token_ids": True}
    yield "completion truncate_prompt_tokens", {**base, "truncate_prompt_tokens": 5}
    yield "completion cache_salt", {**base, "cache_salt": "another tenant's"}
    yield "completion priority", {**base, "priority": 0}
    yield "completion suffix ignored members", {**base, "x_y": 0.7, "user": "someone"}
    yield "completion fraction kept", {**base, "temperature": 0.7, "top_p": 0.1, "seed": 1}


def responses(model):
    """(name, members) of /v1/responses requests; each runs streamed and not."""
    base = {"model": model, "input": "Tell me about the sea.", "temperature": 0,
            "max_output_tokens": 12}
    turns = [{"role": "user", "content": "A ship?"}, {"role": "assistant", "content": "A brig."},
             {"role": "user", "content": "Whose?"}]
    yield "responses", base
    yield "responses with instructions", {**base, "instructions": "Be brief."}
    yield "responses of several turns", {**base, "input": turns}
    yield "responses one token", {**base, "max_output_tokens": 1}
    yield "responses sampled", {**base, "temperature": 0.8, "seed": 11, "top_p": 0.9}


def without(body, key):
    return {k: v for k, v in body.items() if k != key}


def refusals(model):
    """Requests that an engine refuses, and those that the router must."""
    chat, text = "/v1/chat/completions", "/v1/completions"
    words = [{"role": "user", "content": "hello"}]
    ask = {"model": model, "messages": words, "max_tokens": 4, "temperature": 0}
    line = {"model": model, "prompt": "hello", "max_tokens": 4, "temperature": 0}
    yield Variant("404: unknown model, chat", chat, {**ask, "model": "no-such"}, own=True)
    yield Variant("404: unknown model, streamed", text, {**line, "model": "no-such",
                                                         "stream": True}, own=True)
    yield Variant("400: max_tokens 0", chat, {**ask, "max_tokens": 0})
    yield Variant("400: max_tokens -1", text, {**line, "max_tokens": -1})
    yield Variant("400: max_tokens a text", text, {**line, "max_tokens": "many"})
    yield Variant("400: prompt too long", text, {**line, "max_tokens": 10_000_000})
    yield Variant("400: temperature -1", chat, {**ask, "temperature": -1})
    yield Variant("400: n 0", chat, {**ask, "n": 0})
    yield Variant("400: min_tokens above max_tokens", text, {**line, "min_tokens": 9})
    yield Variant("400: messages missing", chat, without(ask, "messages"))
    yield Variant("400: messages empty", chat, {**ask, "messages": []})
    yield Variant("400: messages a text", chat, {**ask, "messages": "hello"})
    yield Variant("400: prompt missing", text, without(line, "prompt"))
    yield Variant("400: prompt empty", text, {**line, "prompt": ""})
    yield Variant("400: prompt an empty list", text, {**line, "prompt": []})
    yield Variant("400: stream_options unstreamed", chat, {
        **ask, "stream_options": {"include_usage": True}})
    yield Variant("400: stream a text", chat, {**ask, "stream": "perhaps"})
    yield Variant("400: token id out of range", text, {**line, "prompt": [1, 99_999_999]})
    yield Variant("400: temperature 3", chat, {**ask, "temperature": 3})
    yield Variant("400: top_p 0", text, {**line, "top_p": 0})
    yield Variant("400: logprobs 100", text, {**line, "logprobs": 100})
    yield Variant("400: top_logprobs alone", chat, {**ask, "top_logprobs": 2})
    yield Variant("400: logit_bias out of range", text, {**line, "logit_bias": {"99999999": 1}})
    yield Variant("400: stop of numbers", chat, {**ask, "stop": [1, 2]})
    yield Variant("400: suffix", text, {**line, "suffix": "x"})
    yield Variant("400: a picture", chat, {**ask, "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]})
    yield Variant("400: schema that is none", chat, {**ask, "response_format": {
        "type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "no-such"}}}})
    yield Variant("404: unknown model, responses", "/v1/responses", {
        "model": "no-such", "input": "hello", "max_output_tokens": 2}, own=True)
    yield Variant("404: unknown path", "/v1/nothing", {})
    yield Variant("not JSON", chat, b'{"model": ', own=True)
    yield Variant("not an object", chat, b"[1, 2]", own=True)
    yield Variant("bad UTF-8", text, b'{"model":"\xff\xfe","prompt":"a"}', own=True)
    yield Variant("empty body", text, b"", own=True)
    yield Variant("405: GET of a POST route", chat, method="GET", own=True)
    yield Variant("models", "/v1/models", method="GET")
    yield Variant("version", "/version", method="GET")
    yield Variant("tokenize", "/tokenize", {"model": model, "prompt": "hello there"})
    yield Variant("query and fields kept", text + "?a=b", line, headers={
        "authorization": "Bearer x", "x-request-id": "check-answers-1"})


def variants(model):
    for path, table in (("/v1/chat/completions", chats), ("/v1/completions", completions)):
        for name, body in table(model):
            yield Variant(name, path, body)
            yield Variant(name + STREAMED, path, {
                **body, "stream": True, "stream_options": {"include_usage": True}})
        yield Variant("a client's own kv_transfer_params", path, next(table(model))[1], alien=ALIEN)
        yield Variant("the same for an unsplit request", path, {
            **next(table(model))[1], "n": 2, "temperature": 0.5, "seed": 3}, alien=ALIEN)
        yield Variant("streamed without usage", path, {**next(table(model))[1], "stream": True})
        yield Variant("streamed, usage all along", path, {
            **next(table(model))[1], "stream": True,
            "stream_options": {"include_usage": True, "continuous_usage_stats": True}})
    for name, body in responses(model):
        yield Variant(name, "/v1/responses", body)
        yield Variant(name + STREAMED, "/v1/responses", {**body, "stream": True})
    yield from refusals(model)


def kinds(table):
    """The kinds of the requests of `table`, each once, in order."""
    return list(dict.fromkeys(variant.kind for variant in table))
