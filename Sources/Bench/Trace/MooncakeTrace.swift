internal import JSONFields

/// Reads traces in Mooncake's form (FAST '25): a JSON object a line. Other members are passed over.
enum MooncakeTrace {
  /// The longest time a trace can tell: 30 years.
  private static let latestSeconds = 1e9

  /// The requests in the order of the file; offsets are the file's own times.
  static func requests(
    in bytes: UnsafeRawBufferPointer, timeUnit: Duration
  ) throws(TraceFault) -> [TraceRequest] {
    var requests: [TraceRequest] = []
    for (number, line) in Trace.lines(of: bytes) {
      requests.append(try request(in: line, number, timeUnit))
    }
    return requests
  }

  private static func request(
    in line: UnsafeRawBufferPointer, _ number: Int, _ timeUnit: Duration
  ) throws(TraceFault) -> TraceRequest {
    let object: JSONValue
    do throws(JSONError) {
      object = try JSONValue(validating: line)
    } catch {
      throw TraceFault(line: number, message: "not a JSON object (byte \(error.offset))")
    }
    func tokens(_ name: StaticString) throws(TraceFault) -> Int {
      guard let count = object[name]?.integer, (0...TraceRequest.mostTokens).contains(count) else {
        throw TraceFault(line: number, message: "\(name) is missing or not a number of tokens")
      }
      return count
    }
    guard let time = object["timestamp"]?.double, time >= 0,
      time * timeUnit.seconds <= latestSeconds
    else { throw TraceFault(line: number, message: "timestamp is missing or not a time") }
    var blocks: [Int] = []
    if let list = object["hash_ids"] {
      for element in list.elements {
        guard let block = element.integer else {
          throw TraceFault(line: number, message: "hash_ids are not whole numbers")
        }
        blocks.append(block)
      }
    }
    return TraceRequest(
      offset: .nanoseconds(Int64(time * timeUnit.seconds * 1e9)),
      inputTokens: try tokens("input_length"), outputTokens: try tokens("output_length"),
      blocks: blocks)
  }
}

extension Duration {
  /// In seconds, for arithmetic that need not be exact.
  fileprivate var seconds: Double { self / .seconds(1) }
}
