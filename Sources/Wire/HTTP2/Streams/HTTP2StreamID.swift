/// The number of a stream within its connection (RFC 9113 §5.1.1).
///
/// Odd for streams that clients open, 0 for the connection itself; at most 2^31 - 1.
public struct HTTP2StreamID: Hashable, Comparable, Sendable {
  /// The number as frames have it.
  public let number: Int32

  /// The stream with this number.
  @inlinable
  public init(_ number: Int32) {
    self.number = number
  }

  /// The connection itself.
  public static let connection = HTTP2StreamID(0)
  /// The stream of a request that came with `Upgrade: h2c` (RFC 7540 §3.2).
  public static let upgraded = HTTP2StreamID(1)

  /// Whether `left` was opened before `right`.
  @inlinable
  public static func < (left: HTTP2StreamID, right: HTTP2StreamID) -> Bool {
    left.number < right.number
  }
}
