internal import Vocabulary

/// The faults set on one engine, and the dice that decide whom they strike.
///
/// A server draws once for each connection it accepts and once for each request. The same seed and
/// the same draws give the same faults.
package struct EngineFaults: Sendable {
  /// The faults in force, in the order set; spent ones are gone.
  package private(set) var active: [EngineFault] = []
  private var generator: SplitMix64

  /// No faults; dice decided by `seed`.
  package init(seed: UInt64) {
    generator = SplitMix64(seed: seed ^ 0xFA_017)
  }

  /// Puts `faults` in place of those in force.
  package mutating func set(_ faults: [EngineFault]) {
    active = faults.filter { $0.remaining != 0 }
  }

  /// Adds one fault.
  package mutating func add(_ fault: EngineFault) {
    if fault.remaining != 0 { active.append(fault) }
  }

  /// Takes every fault away.
  package mutating func clear() {
    active = []
  }

  /// How many times as long a step takes, by all slow faults in force together: what
  /// `EngineScheduler.slowFactor` should be.
  package var slowFactor: Double {
    active.reduce(1) { factor, fault in
      if case .slow(let times) = fault.kind { factor * times } else { factor }
    }
  }

  /// Whether the core is to be dead.
  package var killsCore: Bool {
    active.contains { $0.kind == .coreDeath }
  }

  /// The faults that strike a connection just accepted.
  package mutating func drawConnection() -> [EngineFault.Kind] {
    draw { $0.strikesConnections }
  }

  /// The faults that strike a request just received.
  package mutating func drawRequest() -> [EngineFault.Kind] {
    draw { fault in
      if case .slow = fault.kind { return false }
      return !fault.strikesConnections && fault.kind != .coreDeath
    }
  }

  private mutating func draw(_ concerns: (EngineFault) -> Bool) -> [EngineFault.Kind] {
    var struck: [EngineFault.Kind] = []
    for place in active.indices where concerns(active[place]) {
      let fault = active[place]
      let isCertain = fault.probability >= 1
      guard isCertain || Double.random(in: 0..<1, using: &generator) < fault.probability
      else { continue }
      struck.append(fault.kind)
      if let remaining = fault.remaining { active[place].remaining = remaining - 1 }
    }
    active.removeAll { $0.remaining == 0 }
    return struck
  }
}
