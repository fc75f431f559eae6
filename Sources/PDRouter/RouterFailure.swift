/// Why a router ended that nobody had told to.
public enum RouterFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// A port could not be opened.
  case port(PortFailure)
  /// No worker was there in time.
  case startup(StartupFailure)

  /// One sentence for the operator.
  public var description: String {
    switch self {
    case .port(let failure): "\(failure)"
    case .startup(let failure): "\(failure)"
    }
  }
}
