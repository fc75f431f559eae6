/// The identity of one worker for the life of the process; never given to another worker.
public struct WorkerID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The registration number, from 0.
  public let number: UInt32

  /// A worker identity from its registration number.
  @inlinable
  public init(number: UInt32) {
    self.number = number
  }

  /// Registration order.
  @inlinable
  public static func < (left: WorkerID, right: WorkerID) -> Bool {
    left.number < right.number
  }

  /// `w` and the number, for logs.
  public var description: String { "w\(number)" }
}
