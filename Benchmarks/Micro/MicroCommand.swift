/// What the command line of the micro-benchmarks asks for.
struct MicroCommand {
  enum Mode {
    /// Time everything, this many rounds each.
    case measure(rounds: Int)
    /// Say which there are: bytes, a tab, the name.
    case list
    /// Only do the operation so many times, for an instruction counter to watch.
    case repeatOnly(iterations: Int)
  }

  static let usage = """
    usage: MicroBenchmark [--rounds N] [--filter TEXT]
           MicroBenchmark --list [--filter TEXT]
           MicroBenchmark --iterations N --only NAME

    """

  private(set) var mode = Mode.measure(rounds: 9)
  private var part = ""
  private var only: String?

  /// Nil when the arguments make no sense.
  init?(arguments: ArraySlice<String>) {
    var rest = arguments
    while let flag = rest.popFirst() {
      if flag == "--list" {
        mode = .list
        continue
      }
      guard let value = rest.popFirst() else { return nil }
      switch flag {
      case "--filter": part = value
      case "--only": only = value
      case "--rounds":
        guard let rounds = Int(value), rounds > 0 else { return nil }
        mode = .measure(rounds: rounds)
      case "--iterations":
        guard let iterations = Int(value), iterations > 0 else { return nil }
        mode = .repeatOnly(iterations: iterations)
      default: return nil
      }
    }
  }

  /// Whether the benchmark of this name is asked for.
  func selects(_ name: String) -> Bool {
    if let only { return name == only }
    return part.isEmpty || name.lowercased().contains(part.lowercased())
  }
}
