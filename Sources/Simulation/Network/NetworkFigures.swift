internal import Vocabulary

/// `NetworkConditions` in whole nanoseconds: worked out once, read for every packet.
struct NetworkFigures {
  let latency: ClosedRange<Int64>
  /// One half of the handshake.
  let connectLatency: ClosedRange<Int64>
  let bytesPerSecond: Int64?
  let fragmentation: Fragmentation
  let lateReadChance: Double
  let kernelBufferByteCount: Int
  let refusalChance: Double
  let resetChance: Double
  let retransmissionDelay: Int64
  let keepAliveInterval: Duration
  let keepAliveProbeCount: Int

  init(_ conditions: NetworkConditions) {
    precondition(conditions.latency.lowerBound > .zero, "a packet takes time")
    precondition(conditions.connectLatency.lowerBound > .zero, "a handshake takes time")
    precondition(conditions.kernelBufferByteCount > 0)
    precondition(conditions.bytesPerSecond ?? 1 > 0)
    precondition((0...1).contains(conditions.lateReadChance))
    precondition((0...1).contains(conditions.refusalChance))
    precondition((0...1).contains(conditions.resetChance))
    precondition(conditions.retransmissionDelay >= .zero)
    precondition(conditions.keepAliveInterval > .zero && conditions.keepAliveProbeCount >= 0)
    if case .seeded(let chance) = conditions.fragmentation {
      precondition((0...1).contains(chance))
    }
    latency = NetworkFigures.nanoseconds(conditions.latency, dividedBy: 1)
    connectLatency = NetworkFigures.nanoseconds(conditions.connectLatency, dividedBy: 2)
    bytesPerSecond = conditions.bytesPerSecond.map { Int64($0) }
    fragmentation = conditions.fragmentation
    lateReadChance = conditions.lateReadChance
    kernelBufferByteCount = conditions.kernelBufferByteCount
    refusalChance = conditions.refusalChance
    resetChance = conditions.resetChance
    retransmissionDelay = conditions.retransmissionDelay.wholeNanoseconds
    keepAliveInterval = conditions.keepAliveInterval
    keepAliveProbeCount = conditions.keepAliveProbeCount
  }

  private static func nanoseconds(
    _ range: ClosedRange<Duration>, dividedBy divisor: Int64
  ) -> ClosedRange<Int64> {
    let low = max(1, range.lowerBound.wholeNanoseconds / divisor)
    return low...max(low, range.upperBound.wholeNanoseconds / divisor)
  }
}
