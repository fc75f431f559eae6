/// Counts the engines, one a data-parallel rank, that a vLLM server's `GET /metrics` tells of: the
/// different values of the label `engine` on lines that begin with `vllm:`.
///
/// Pure, for bytes from outside: whatever it cannot read it passes over. Cost: one pass.
struct EngineCount {
  /// The most engines that are told apart; more count as so many.
  static let limit = 256
  /// Bytes of a value that is looked at: engines are numbered.
  private static let longestValue = 64
  private static let prefix: StaticString = "vllm:"
  private static let label: StaticString = "engine"

  private let text: UnsafeRawBufferPointer
  private var values: Set<[UInt8]> = []

  /// How many engines `text` (Prometheus text format 0.0.4) tells of; 0 when it is not vLLM's.
  static func engines(inMetrics text: UnsafeRawBufferPointer) -> Int {
    var count = EngineCount(text: text)
    count.read()
    return count.values.count
  }

  private init(text: UnsafeRawBufferPointer) {
    self.text = text
  }

  private mutating func read() {
    var start = 0
    while start < text.count, values.count < EngineCount.limit {
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
      if EngineCount.begins(text[start..<end], with: EngineCount.prefix) {
        readLine(text[start..<end])
      }
      start = end + 1
    }
  }

  /// `name{label="value",…} number`
  private mutating func readLine(_ line: Slice<UnsafeRawBufferPointer>) {
    guard let brace = line.firstIndex(of: UInt8(ascii: "{")) else { return }
    var rest = line[(brace + 1)...]
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      let name = EngineCount.name(rest[..<equals])
      rest = rest[(equals + 1)...]
      guard rest.first == UInt8(ascii: "\"") else { return }
      rest = rest.dropFirst()
      guard let quote = EngineCount.closingQuote(of: rest) else { return }
      if name.count == EngineCount.label.utf8CodeUnitCount,
        EngineCount.begins(name, with: EngineCount.label),
        quote - rest.startIndex <= EngineCount.longestValue
      {
        values.insert(Array(rest[..<quote]))
        return
      }
      rest = rest[(quote + 1)...]
      guard rest.first == UInt8(ascii: ",") else { return }
      rest = rest.dropFirst()
    }
  }

  /// A label's name without the spaces before it.
  private static func name(
    _ bytes: Slice<UnsafeRawBufferPointer>
  ) -> Slice<UnsafeRawBufferPointer> {
    bytes.drop { $0 == UInt8(ascii: " ") }
  }

  /// The place of the quote that ends a value: one that no backslash precedes.
  private static func closingQuote(of bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    var place = bytes.startIndex
    while place < bytes.endIndex {
      switch bytes[place] {
      case UInt8(ascii: "\""): return place
      case UInt8(ascii: "\\"): place += 2
      default: place += 1
      }
    }
    return nil
  }

  private static func begins(
    _ bytes: Slice<UnsafeRawBufferPointer>, with word: StaticString
  ) -> Bool {
    bytes.count >= word.utf8CodeUnitCount
      && bytes.starts(
        with: UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }
}
