/// Why a client's connection was ended before its time.
public struct ConnectionFault: Sendable {
  /// The reason as a label of a metric: one of a fixed few.
  public let label: StaticString
  /// What happened, one sentence without a full stop.
  public let message: StaticString
  /// The client's address.
  public let peer: String
}
