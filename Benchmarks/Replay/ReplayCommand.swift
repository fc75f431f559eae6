internal import Glibc

/// What the command line of the replay asks for.
struct ReplayCommand {
  static let usage = """
    usage: PolicyReplay --trace FILE [options]     a trace in Mooncake's JSONL form
           PolicyReplay --generated hot|tenants|chats [options]
      --workers N      simulated workers (8)
      --blocks N       blocks of 512 tokens that each one's cache holds (2000)
      --remembered N   blocks that the router remembers of each (as many as --blocks)
      --rate N         prompt tokens that each computes in a second (8000)
      --tpot-ms N      milliseconds per output token (20)
      --speed X        how many times as fast as the trace says (1)
      --seed N         of the policies' draws (1)

    """

  /// Where the requests come from.
  enum Source {
    case trace(path: String)
    case generated(GeneratedWorkload)
  }

  private(set) var source: Source?
  private(set) var model = ReplayModel()

  /// Nil when the arguments make no sense.
  init?(arguments: ArraySlice<String>) {
    var rest = arguments
    while let flag = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      guard take(flag, value) else { return nil }
    }
    guard source != nil else { return nil }
    if model.remembered == 0 { model.remembered = model.blocks }
  }

  private mutating func take(_ flag: String, _ value: String) -> Bool {
    switch flag {
    case "--trace":
      source = .trace(path: value)
      return true
    case "--generated":
      source = GeneratedWorkload(rawValue: value).map { .generated($0) }
      return source != nil
    case "--speed":
      guard let speed = Double(value), speed > 0, speed.isFinite else { return false }
      model.speed = speed
      return true
    default:
      guard let number = Int(value), number > 0, number <= 1 << 30 else { return false }
      return take(flag, number)
    }
  }

  private mutating func take(_ flag: String, _ number: Int) -> Bool {
    switch flag {
    case "--workers": model.workers = number
    case "--blocks": model.blocks = number
    case "--remembered": model.remembered = number
    case "--rate": model.tokensPerSecond = Double(number)
    case "--tpot-ms": model.secondsPerOutputToken = Double(number) / 1000
    case "--seed": model.seed = UInt64(number)
    default: return false
    }
    return number <= 1024 || flag != "--workers"
  }
}
