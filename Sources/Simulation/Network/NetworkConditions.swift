/// How the simulated network behaves: delays, sizes and chances, all drawn from the world's seed.
///
/// A plain value; `SimulatedWorld` takes one for all paths and may hold another for a pair of
/// hosts. Chances lie between 0 and 1; every delay is longer than zero, so that time always
/// advances.
public struct NetworkConditions: Equatable, Sendable {
  /// One-way delay of a packet, drawn anew for each; a stream's packets never overtake each other.
  public var latency: ClosedRange<Duration> = .microseconds(50) ... .microseconds(200)
  /// Delay of a whole TCP handshake, half of it before the listener hears of it.
  public var connectLatency: ClosedRange<Duration> = .microseconds(100) ... .microseconds(400)
  /// Bytes a second in each direction of each stream; nil is without limit.
  public var bytesPerSecond: Int?
  /// How writes are cut into reads.
  public var fragmentation = Fragmentation.none
  /// Chance that a reader looks late (by one latency), so that several writes arrive as one read.
  public var lateReadChance = 0.0
  /// Bytes that both kernels together hold per direction: sent and not yet read by the program.
  public var kernelBufferByteCount = 128 * 1024
  /// Chance that a connection attempt is refused although somebody listens.
  public var refusalChance = 0.0
  /// Chance, for each data packet, that the connection is reset instead of carrying it.
  public var resetChance = 0.0
  /// Longest extra delay of packets that a healed partition held back (retransmission backs off).
  public var retransmissionDelay: Duration = .milliseconds(200)
  /// Time between keep-alive probes of a silent peer (Linux: 75 s).
  public var keepAliveInterval: Duration = .seconds(75)
  /// Unanswered probes after which a stream breaks (Linux: 9).
  public var keepAliveProbeCount = 9

  /// A calm network in one data centre: short seeded delays, no cuts, no failures.
  public init() {}

  /// A network that cuts, delays, refuses and resets: what a router must survive.
  public static var rough: NetworkConditions {
    var conditions = NetworkConditions()
    conditions.latency = .microseconds(30) ... .milliseconds(20)
    conditions.connectLatency = .microseconds(100) ... .milliseconds(60)
    conditions.fragmentation = .seeded(chance: 0.5)
    conditions.lateReadChance = 0.2
    conditions.kernelBufferByteCount = 16 * 1024
    conditions.refusalChance = 0.01
    conditions.resetChance = 0.001
    return conditions
  }
}
