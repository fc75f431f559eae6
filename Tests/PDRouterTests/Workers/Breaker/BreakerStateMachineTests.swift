import Policies
import Testing
import Vocabulary

@testable import PDRouter

/// A breaker of 3 failures within 10 s, 2 successes and 60 s, driven by words: `f` an answer that
/// failed, `c` a broken connection, `h1` a hand-over from prefill worker 1 that failed, `s` a
/// success, all of legs that are no trials; `e` a leg enters, and of those that have, the oldest
/// ends by `S`, `F`, `C` or `L` (without a word); `+5` five seconds pass; `l` a look, `p` a good
/// probe.
private struct WordedBreaker {
  private var machine = BreakerStateMachine()
  private var trials: [BreakerTrial] = []
  private var now = Instant(nanoseconds: 1_000_000_000_000)
  private let settings = BreakerStateMachineTests.settings

  init(_ words: String) {
    for word in words.split(separator: " ") { take(String(word)) }
  }

  var told: String {
    switch machine.state {
    case .admitting: machine.isClean ? "admitting" : "marked"
    case .ejected: "ejected"
    case .probing: machine.hasRoom ? "probing" : "full"
    }
  }

  private mutating func take(_ word: String) {
    var none = BreakerTrial.none
    switch word.first {
    case "+": now = now + .seconds(Int(word.dropFirst()) ?? 0)
    case "l": _ = machine.look(now: now)
    case "p": _ = machine.probed(now: now)
    case "s": _ = machine.succeeded(&none)
    case "f": fail(.answer, &none)
    case "c": fail(.connection, &none)
    case "h": fail(.handOver(from: WorkerID(number: UInt32(word.dropFirst()) ?? 0)), &none)
    case "e": trials.append(machine.enter())
    default:
      var trial = trials.removeFirst()
      switch word {
      case "S": _ = machine.succeeded(&trial)
      case "F": fail(.answer, &trial)
      case "C": fail(.connection, &trial)
      default: machine.left(&trial)
      }
    }
  }

  private mutating func fail(_ failure: BreakerFailure, _ trial: inout BreakerTrial) {
    _ = machine.failed(failure, &trial, now: now, by: settings)
  }
}

struct BreakerStateMachineTests {
  static let settings: BreakerSettings = {
    var settings = BreakerSettings()
    settings.failureThreshold = 3
    settings.successThreshold = 2
    settings.timeout = .seconds(60)
    settings.window = .seconds(10)
    return settings
  }()

  @Test(arguments: [
    ("", "admitting"), ("s", "admitting"), ("f", "marked"), ("f f", "marked"),
    ("f f f", "ejected"), ("c f c", "ejected"), ("f f s", "admitting"), ("f f s f f", "marked"),
    ("f s f s f s f", "marked"),
    // The window: all three within ten seconds.
    ("f f +10 f", "ejected"), ("f f +11 f", "marked"), ("f +9 f +2 f", "marked"),
    ("f +9 f +2 f +1 f", "ejected"), ("f f +11 f f f", "ejected"),
    // What came to nothing with one and the same prefill worker is not certainly decode's fault.
    ("h1 h1 h1 h1", "marked"), ("h1 h1 h2", "ejected"), ("h1 h1 f", "ejected"),
    ("f h1 h1", "ejected"), ("h1 h1 h1 f", "ejected"), ("h1 h1 s h2 h2 h2", "marked"),
  ])
  func `so many failures in a row within the window eject`(words: String, told: String) {
    #expect(WordedBreaker(words).told == told)
  }

  @Test(arguments: [
    ("l", "ejected"), ("+59 l", "ejected"), ("+60 l", "probing"), ("s s s", "ejected"),
    ("+60 s l", "probing"), ("e +60 l", "probing"), ("f f f +60 l", "probing"),
    // Failures by answer are no matter of probes.
    ("+30 p", "ejected"), ("+60 p", "ejected"),
    // A trickle of two.
    ("+60 l e", "probing"), ("+60 l e e", "full"), ("+60 l e e e", "full"),
    ("+60 l e e L", "probing"), ("+60 l e e L e", "full"), ("+60 l e e L L", "probing"),
    // Two successes admit; one failure ejects again.
    ("+60 l e S", "probing"), ("+60 l e S e S", "admitting"), ("+60 l e e S S", "admitting"),
    ("+60 l e F", "ejected"), ("+60 l e S e F", "ejected"), ("+60 l e e S F", "ejected"),
    ("+60 l e e F S", "ejected"),
    // Who is no trial changes nothing.
    ("+60 l s s s", "probing"), ("+60 l f c h1", "probing"), ("+60 l e e s", "full"),
    ("+60 l e e e S S", "admitting"), ("+60 l e e e L L L", "probing"),
    // Longer each time: 60, 120, 180 s, at most 300 s; 60 s again once it was admitted.
    ("+60 l e F +119 l", "ejected"), ("+60 l e F +120 l", "probing"),
    ("+60 l e F +120 l e F +179 l", "ejected"), ("+60 l e F +120 l e F +180 l", "probing"),
    ("+60 l e F +120 l e F +180 l e F +240 l e F +300 l e F +300 l", "probing"),
    ("+60 l e F +120 l e S e S f f f +60 l", "probing"),
    // Trials of an earlier time do not count.
    ("+60 l e e F +120 l S", "probing"), ("+60 l e e F +120 l F", "probing"),
    ("+60 l e e F +120 l e e L", "full"), ("+60 l e e e S S f F", "marked"),
  ])
  func `an ejected worker is tried by a trickle`(words: String, told: String) {
    #expect(WordedBreaker("f f f \(words)").told == told)
  }

  @Test(arguments: [
    ("c c c p", "ejected"), ("c c c +1 p", "probing"), ("f f c +1 p", "probing"),
    ("c c f +1 p", "ejected"), ("c c c +60 l", "probing"), ("c c c +1 l", "ejected"),
    // The pause doubles while trials fail, and begins anew once it was admitted.
    ("c c c +1 p e C +1 p", "ejected"), ("c c c +1 p e C +2 p", "probing"),
    ("c c c +1 p e C +2 p e C +3 p", "ejected"), ("c c c +1 p e C +2 p e C +4 p", "probing"),
    ("c c c +1 p e F +2 p", "ejected"), ("c c c +1 p e S e S c c c +1 p", "probing"),
    ("p", "admitting"), ("c p", "marked"), ("c c c +1 p p", "probing"),
  ])
  func `a good probe ends an ejection for broken connections`(words: String, told: String) {
    #expect(WordedBreaker(words).told == told)
  }

  @Test func `whatever happens, none enters while ejected and the trickle is never exceeded`() {
    for seed in 0..<200 {
      var generator = SplitMix64(seed: UInt64(seed))
      var machine = BreakerStateMachine()
      var settings = Self.settings
      settings.failureThreshold = Int.random(in: 1...4, using: &generator)
      settings.successThreshold = Int.random(in: 1...4, using: &generator)
      var now = Instant.zero
      var trials: [BreakerTrial] = []
      var changes: [BreakerChange] = []
      for _ in 0..<400 {
        let before = machine.state
        let place = trials.indices.randomElement(using: &generator)
        var trial = place.map { trials.remove(at: $0) } ?? .none
        let change: BreakerChange?
        switch Int.random(in: 0..<9, using: &generator) {
        case 0, 1: change = machine.succeeded(&trial)
        case 2: change = machine.failed(.answer, &trial, now: now, by: settings)
        case 3: change = machine.failed(.connection, &trial, now: now, by: settings)
        case 4:
          machine.left(&trial)
          change = nil
        case 5: change = machine.look(now: now)
        case 6: change = machine.probed(now: now)
        default:
          if place != nil { trials.append(trial) }
          let entered = machine.enter()
          #expect(!entered.isOut || before == .probing)
          trials.append(entered)
          change = nil
        }
        now = now + .milliseconds(Int.random(in: 0...8000, using: &generator))
        if let change { changes.append(change) }
        #expect(
          change.map { $0.from == before && $0.to == machine.state } ?? (before == machine.state))
        let period = trials.map(\.period).max() ?? 0
        let out = trials.count { $0.isOut && $0.period == period }
        #expect(out <= settings.successThreshold)
      }
      #expect(changes.allSatisfy { BreakerChange.all.contains($0) })
      #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.to == $1.from })
    }
  }

  @Test func `the row is what a list of all failures would say`() {
    for seed in 0..<100 {
      var generator = SplitMix64(seed: UInt64(seed))
      var settings = Self.settings
      settings.failureThreshold = Int.random(in: 1...6, using: &generator)
      var row = FailureRow()
      var times: [Instant] = []
      var now = Instant.zero
      for _ in 0..<300 {
        now = now + .milliseconds(Int.random(in: 0...5000, using: &generator))
        if Int.random(in: 0..<12, using: &generator) == 0 {
          row.end()
          times = []
        } else {
          times.append(now)
          let last = times.suffix(settings.failureThreshold)
          let ejects =
            last.count == settings.failureThreshold && now - last.first! <= settings.window
          #expect(row.note(.answer, now: now, by: settings) == ejects)
        }
        #expect(row.isEmpty == times.isEmpty)
      }
    }
  }

  @Test func `a row is remembered no longer than its limit, however great the threshold`() {
    var settings = Self.settings
    settings.failureThreshold = .max
    var row = FailureRow()
    var count = 1
    while !row.note(.answer, now: .zero, by: settings) { count += 1 }
    #expect(count == BreakerSettings.longestRow)
  }

  @Test func `times beyond all bounds do no harm`() {
    var settings = Self.settings
    settings.timeout = .seconds(Int.max)
    settings.window = .seconds(Int.max)
    var machine = BreakerStateMachine()
    var trial = BreakerTrial.none
    for _ in 0..<3 { _ = machine.failed(.connection, &trial, now: .zero, by: settings) }
    #expect(machine.ejectedUntil == .distantFuture)
    #expect(machine.look(now: .zero + .seconds(1 << 30)) == nil)
    for second in 1...40 {
      #expect(machine.probed(now: .zero + .seconds(second * 1_000_000)) != nil)
      trial = machine.enter()
      _ = machine.failed(.connection, &trial, now: .zero + .seconds(second), by: settings)
      #expect(machine.state == .ejected)
    }
  }
}
