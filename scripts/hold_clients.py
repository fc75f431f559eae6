"""Clients of `hold`: they ask over plain sockets, hang up, and say whether an answer was whole.

Every answer of a simulated engine is a function of its prompt, so each is compared with the first
one to the same question. Standard library only.
"""
import asyncio
import collections
import json
import random
import time

PATIENCE = 120  # Seconds after which an answer counts as lost.


class Outcome:
    """What one client saw of one request."""

    def __init__(self):
        self.status, self.tokens, self.is_done = 0, 0, False
        self.finish, self.error, self.text = None, None, []
        self.started, self.first_token, self.seconds = time.monotonic(), None, 0.0

    @property
    def is_whole(self):
        return (self.status == 200 and not self.error and self.is_done
                and self.finish in ("length", "stop"))

    @property
    def answer(self):
        return "".join(self.text)

    def take(self, data):
        """One event of a stream, or a whole answer."""
        if data == b"[DONE]":
            self.is_done = True
            return
        value = json.loads(data)
        if value.get("error"):
            self.error = json.dumps(value["error"])[:200]
        for choice in value.get("choices") or []:
            text = choice.get("text") or ""
            if text:
                self.first_token = self.first_token or time.monotonic()
                self.tokens += 1
                self.text.append(text)
            self.finish = choice.get("finish_reason") or self.finish


def completion(prompt, max_tokens, stream):
    body = {"model": "tiny", "prompt": prompt, "max_tokens": max_tokens, "temperature": 0,
            "ignore_eos": True, "stream": stream}
    return post("/v1/completions", json.dumps(body).encode())


def post(path, body, more=""):
    return (f"POST {path} HTTP/1.1\r\nHost: hold\r\nContent-Type: application/json\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


async def ask(port, message, leave_after=None, began=None):
    """Sends a request, reads its answer; leaves within it after so many events if asked to."""
    outcome, writer = Outcome(), None
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            writer.write(message)
            await writer.drain()
            await read_answer(reader, outcome, leave_after, began)
    except TimeoutError:
        outcome.error = outcome.error or "no end of the answer"
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        outcome.error = outcome.error or repr(error)[:120]
    finally:
        if writer:
            writer.transport.abort() if leave_after is not None else writer.close()
    outcome.seconds = time.monotonic() - outcome.started
    return outcome


async def read_answer(reader, outcome, leave_after, began):
    if leave_after == 0:
        await asyncio.sleep(random.random() * 0.05)
        return
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    outcome.status = int(head.split(" ", 2)[1])
    if "transfer-encoding: chunked" not in head:
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = await reader.readexactly(length)
        outcome.is_done = True
        if "content-type: application/json" in head:
            outcome.take(body)
        return
    rest, events = b"", 0
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        rest += (await reader.readexactly(size + 2))[:-2]
        *whole, rest = rest.split(b"\n\n")
        for event in whole:
            if event.startswith(b"data: "):
                outcome.take(event[6:])
                events += 1
        if began and outcome.tokens:
            began()
            began = None
        if size == 0 or (leave_after and events >= leave_after):
            return


class Tally:
    """What many clients saw, counted; and the first few troubles of each kind."""

    def __init__(self):
        self.counts, self.times, self.told = collections.Counter(), [], []
        self.right = {}

    def note(self, question, outcome):
        if outcome.is_whole:
            self.counts["whole"] += 1
            self.times.append(outcome.seconds)
            if self.right.setdefault(question, outcome.answer) != outcome.answer:
                self.trouble("wrong", question, outcome)
        elif outcome.tokens:
            self.trouble("broken after tokens", question, outcome)
        else:
            self.trouble("errors before tokens", question, outcome)

    def trouble(self, kind, question, outcome):
        self.counts[kind] += 1
        if len(self.told) < 5:
            self.told.append(f"{kind}: {question} status {outcome.status}, {outcome.tokens} tokens,"
                             f" {outcome.error or outcome.finish}, {outcome.seconds:.2f} s")

    def percentile(self, share):
        times = sorted(self.times)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0

    def __getitem__(self, kind):
        return self.counts[kind]


class Crowd:
    """So many clients that ask one question after another until they are told to stop."""

    def __init__(self, port, count, max_tokens=24, streamed=0.7, seed=1):
        self.port, self.count, self.max_tokens, self.streamed = port, count, max_tokens, streamed
        self.tally, self.draw, self.is_over, self.tasks = Tally(), random.Random(seed), False, []

    async def __aenter__(self):
        self.tasks = [asyncio.create_task(self.one()) for _ in range(self.count)]
        return self

    async def __aexit__(self, *_):
        self.is_over = True
        await asyncio.gather(*self.tasks)

    async def one(self):
        while not self.is_over:
            length = self.draw.choice([3, 40, 200])
            question = (self.draw.randrange(16), length, self.max_tokens)
            message = completion(words(*question[:2]), self.max_tokens,
                                 self.draw.random() < self.streamed)
            outcome = await ask(self.port, message)
            self.tally.note(question, outcome)
            if not outcome.is_whole:
                await asyncio.sleep(0.1)  # So that a dead fleet is not asked thousands of times.


def words(number, length):
    """The same text for the same numbers."""
    draw = random.Random(number)
    return " ".join(f"w{draw.randrange(10_000)}" for _ in range(length))
