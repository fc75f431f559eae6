import Simulation
import Testing
import Vocabulary

@Suite struct EngineSchedulerTests {
  private func milliseconds(_ durations: [Duration]) -> [Double] {
    durations.map { ($0.inMilliseconds * 1000).rounded() / 1000 }
  }

  @Test func `one request alone takes its prefill and a step per token`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    let id = fleet.submit(request(prompt(800), maxTokens: 4), to: engine)
    fleet.run(until: .seconds(5))
    // 800 tokens at 8,000 a second, then 6.35 ms each.
    #expect(milliseconds(engine.times(id)) == [100, 106.35, 112.7, 119.05])
    #expect(engine.core.counters.steps == 4)
  }

  @Test func `a long prompt is computed in chunks`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    let id = fleet.submit(request(prompt(5000), maxTokens: 1), to: engine)
    fleet.run(until: .seconds(5))
    #expect(milliseconds(engine.times(id)) == [625])
    #expect(engine.core.counters.steps == 3)
  }

  @Test func `a prompt chunk shares its step with decodes and slows them`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    let first = fleet.submit(request(prompt(80), maxTokens: 4), to: engine)
    fleet.run(until: .milliseconds(11))
    let second = fleet.submit(request(prompt(160, seed: 2), maxTokens: 1), to: engine)
    fleet.run(until: .seconds(1))
    // 10 ms prefill, 6.35 ms alone, then 6.35 ms + 20 ms of the other's prompt, 6.35 ms again.
    #expect(milliseconds(engine.times(first)) == [10, 16.35, 42.7, 49.05])
    #expect(milliseconds(engine.times(second)) == [42.7])
  }

  @Test func `requests of one instant share their steps`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    let ids = (1...4).map {
      fleet.submit(request(prompt(80, seed: UInt32($0)), maxTokens: 2), to: engine)
    }
    fleet.run(until: .seconds(1))
    for id in ids { #expect(milliseconds(engine.times(id)) == [40, 47.4]) }
  }

  @Test func `a faster engine and a slow fault scale every step`() {
    let fleet = EngineFleet()
    let fast = fleet.add(port: 1) { $0.cost.speed = 10 }
    let slow = fleet.add(port: 2)
    slow.core.slowFactor = 3
    let first = fleet.submit(request(prompt(800), maxTokens: 2), to: fast)
    let second = fleet.submit(request(prompt(800), maxTokens: 2), to: slow)
    fleet.run(until: .seconds(5))
    #expect(milliseconds(fast.times(first)) == [10, 10.635])
    #expect(milliseconds(slow.times(second)) == [300, 319.05])
  }

  @Test func `requests beyond the batch wait, and are counted as waiting`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1) { $0.cost.maxRunning = 2 }
    var long = request(prompt(16), maxTokens: 100)
    long.ignoresEnd = true
    for _ in 0..<5 { _ = fleet.submit(long, to: engine) }
    fleet.run(until: .milliseconds(50))
    #expect(engine.core.runningCount == 2 && engine.core.waitingCount == 3)
    fleet.run(until: .seconds(60))
    #expect(engine.finishes.count == 5)
    #expect(engine.isIdle)
  }

  @Test
  func `requests without room for prompt and answer wait for blocks, first come first served`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1) { configuration in
      configuration.cost.kvTokens = 160
      configuration.maxModelLength = 160
    }
    var big = request(prompt(60), maxTokens: 60)
    big.ignoresEnd = true
    let first = fleet.submit(big, to: engine)
    let second = fleet.submit(request(prompt(40, seed: 2), maxTokens: 20), to: engine)
    let third = fleet.submit(request(prompt(10, seed: 3), maxTokens: 2), to: engine)
    fleet.run(until: .milliseconds(20))
    #expect(engine.core.pool.used == 8)
    #expect(engine.core.runningCount == 1 && engine.core.capacityWaitingCount == 2)
    fleet.run(until: .seconds(9))
    let ends = [first, second, third].map { engine.times($0).last! }
    #expect(engine.times(second)[0] > ends[0] && engine.times(third)[0] > ends[0])
    #expect(engine.core.pool.used == 0)
  }

  @Test func `a second prompt with the same prefix computes only the rest`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    let first = fleet.submit(request(prompt(800), maxTokens: 1), to: engine)
    fleet.run(until: .seconds(1))
    let second = fleet.submit(request(prompt(800), maxTokens: 1), to: engine)
    fleet.run(until: .seconds(2))
    // 49 full blocks; the last of the prompt is always computed.
    #expect(engine.core.counters.prefixHits == 784)
    #expect(milliseconds(engine.times(second)) == [1002])
    #expect(engine.text(first) == engine.text(second))
    #expect(engine.finishes.map(\.usage.cached) == [0, 784])
  }

  @Test func `the blocks of an answer serve the next turn`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    var turn = request(prompt(30), maxTokens: 40)
    turn.ignoresEnd = true
    let first = fleet.submit(turn, to: engine)
    fleet.run(until: .seconds(2))
    let next = prompt(30) + engine.ids(first) + prompt(20, seed: 5)
    _ = fleet.submit(request(next, maxTokens: 1), to: engine)
    fleet.run(until: .seconds(3))
    // 69 of the 70 tokens have KV: four full blocks.
    #expect(engine.core.counters.prefixHits == 64)
  }

  @Test func `a salt keeps prefixes apart`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    var salted = request(prompt(100), maxTokens: 1)
    for salt in ["a", "b", "a"] {
      salted.cacheSalt = salt
      _ = fleet.submit(salted, to: engine)
      fleet.run(until: (fleet.now - .zero) + .seconds(1))
    }
    #expect(engine.finishes.map(\.usage.cached) == [0, 0, 96])
  }

  @Test func `an abort frees everything at once and gives no event`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    let id = fleet.submit(request(prompt(500), maxTokens: 900), to: engine)
    fleet.run(until: .milliseconds(100))
    #expect(engine.core.pool.used > 0)
    fleet.abort(id, on: engine)
    #expect(engine.core.pool.used == 0 && engine.finishes.isEmpty)
    fleet.abort(id, on: engine)
    fleet.run(until: .seconds(1))
    #expect(engine.isIdle)
    #expect(engine.core.counters.aborted == 1 && engine.core.nextWake == nil)
  }

  @Test func `a shutdown ends every choice with an abort`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1) { $0.cost.maxRunning = 2 }
    var two = request(prompt(50), maxTokens: 900)
    two.n = 2
    for _ in 0..<3 { _ = fleet.submit(two, to: engine) }
    fleet.run(until: .milliseconds(100))
    engine.core.abortAll(now: fleet.now)
    fleet.run(until: .milliseconds(101))
    #expect(engine.finishes.map(\.reason) == Array(repeating: .abort, count: 6))
    #expect(engine.finishes.count { $0.endsRequest } == 3)
    #expect(engine.core.pool.used == 0)
  }

  @Test func `an answer ends at its natural length with an end token, longer with min_tokens`() {
    let digest = TokenDigest(of: prompt(20))
    let natural = AnswerText.naturalLength(choice: 0, of: digest)
    for (least, ignoresEnd, wanted, reason) in [
      (0, false, natural, EngineFinishReason.stop), (290, false, 290, .stop),
      (0, true, 300, .length),
    ] {
      let fleet = EngineFleet()
      let engine = fleet.add(port: 1)
      var free = request(prompt(20), maxTokens: 300)
      free.minTokens = least
      free.ignoresEnd = ignoresEnd
      let id = fleet.submit(free, to: engine)
      fleet.run(until: .seconds(9))
      let ids = engine.ids(id)
      #expect(ids.count == wanted)
      #expect(engine.finishes.map(\.reason) == [reason])
      #expect((ids.last == EngineTokenizer.endOfSequence) == (reason == .stop))
      #expect(engine.finishes[0].usage.completion == wanted)
    }
  }

  @Test func `a stop text ends the answer before itself, whatever tokens it spans`() {
    let whole = reference(prompt(20), maxTokens: 12)
    let place = whole.index(whole.startIndex, offsetBy: 20)
    let stop = String(whole[place..<whole.index(place, offsetBy: 9)])
    for includes in [false, true] {
      let fleet = EngineFleet()
      let engine = fleet.add(port: 1)
      var stopped = request(prompt(20), maxTokens: 12)
      stopped.stops = ["never occurs", stop]
      stopped.includesStop = includes
      let id = fleet.submit(stopped, to: engine)
      fleet.run(until: .seconds(9))
      #expect(engine.text(id) == String(whole[..<place]) + (includes ? stop : ""))
      #expect(engine.finishes.map(\.reason) == [.stop] && engine.finishes[0].stop == stop)
    }
  }

  @Test func `text held back for a stop text that never comes is given at the end`() {
    let fleet = EngineFleet()
    let engine = fleet.add(port: 1)
    var stopped = request(prompt(20), maxTokens: 12)
    stopped.stops = [String(repeating: "z", count: 40)]
    let id = fleet.submit(stopped, to: engine)
    fleet.run(until: .seconds(9))
    #expect(engine.text(id) == reference(prompt(20), maxTokens: 12))
  }

  @Test func `the same calls give the same events`() {
    func run() -> [String] {
      let fleet = EngineFleet()
      let engine = fleet.add(port: 1)
      var generator = SplitMix64(seed: 3)
      for _ in 0..<30 {
        let length = Int.random(in: 1...900, using: &generator)
        let id = fleet.submit(
          request(prompt(length), maxTokens: Int.random(in: 1...30, using: &generator)), to: engine)
        fleet.run(
          until: (fleet.now - .zero) + .milliseconds(Int.random(in: 0...40, using: &generator)))
        if Bool.random(using: &generator) { fleet.abort(id, on: engine) }
      }
      fleet.run(until: .seconds(60))
      #expect(engine.core.pool.used == 0)
      #expect(engine.isIdle)
      return engine.log.map { "\($0.at.nanoseconds) \($0.event)" }
    }
    #expect(run() == run())
  }
}
