public import EventLoop
public import Vocabulary

/// A port that cannot be opened, and why: the program cannot start.
public struct PortFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The address that was asked for.
  public let address: HostAndPort
  /// What the system said.
  public let error: StreamError

  /// One sentence for the operator.
  public var description: String {
    guard case .bindFailed(let detail) = error else { return "cannot listen on \(address)" }
    return "cannot listen on \(address): \(detail)"
  }

  /// Does `body`, and names `address` in what it throws.
  static func naming<Result>(
    _ address: HostAndPort, _ body: () throws(StreamError) -> Result
  ) throws(PortFailure) -> Result {
    do throws(StreamError) {
      return try body()
    } catch {
      throw PortFailure(address: address, error: error)
    }
  }
}
