/// Why nothing can be measured.
enum BenchmarkError: Error, CustomStringConvertible {
  /// A program did not start; errno's number.
  case cannotStart(String, Int32)
  /// A backend did not say where it listens.
  case noAddress(String)
  /// This process cannot be bound to a core.
  case noCore(Int)
  /// No free port on the loopback interface.
  case noPort
  /// A started router opened no port.
  case nobodyListens(UInt16)
  /// A report cannot be written.
  case cannotWrite(String)

  var description: String {
    switch self {
    case .cannotStart(let program, let number): "cannot start \(program): error \(number)"
    case .noAddress(let program): "\(program) did not say where it listens"
    case .noCore(let core): "cannot be bound to core \(core) (taskset of util-linux)"
    case .noPort: "no free port on 127.0.0.1"
    case .nobodyListens(let port): "nobody listens on port \(port) after ten seconds"
    case .cannotWrite(let path): "cannot write \(path)"
    }
  }
}
