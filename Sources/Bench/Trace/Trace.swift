/// The requests of a trace, in order of arrival.
///
/// Reads two forms. Mooncake's: a JSON object a line with
/// `timestamp`, `input_length`, `output_length` and perhaps `hash_ids`, one for each block of the
/// prompt. Azure's (2023 and 2024): comma-separated values with a line of names, `TIMESTAMP`,
/// `ContextTokens`, `GeneratedTokens`. Pure.
package struct Trace: Equatable, Sendable {
  /// In order of arrival, the first at 0; those of one moment as in the file.
  package let requests: [TraceRequest]

  /// How a trace is written.
  package enum Form: Sendable {
    /// A JSON object a line.
    case mooncake
    /// Comma-separated values.
    case azure
  }

  /// Reads `bytes`; `timeUnit` is what a timestamp of 1 means in Mooncake's form, milliseconds
  /// unless told.
  ///
  /// - Throws: the first line that is not of the form; a file without requests.
  package init(
    parsing bytes: UnsafeRawBufferPointer, as form: Form, timeUnit: Duration = .milliseconds(1)
  ) throws(TraceFault) {
    let lines =
      switch form {
      case .mooncake: try MooncakeTrace.requests(in: bytes, timeUnit: timeUnit)
      case .azure: try AzureTrace.requests(in: bytes)
      }
    guard let first = lines.map(\.offset).min() else {
      throw TraceFault(line: 0, message: "there is no request in it")
    }
    let inOrder = lines.enumerated().sorted {
      ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset)
    }
    requests = inOrder.map { _, request in
      TraceRequest(
        offset: request.offset - first, inputTokens: request.inputTokens,
        outputTokens: request.outputTokens, blocks: request.blocks)
    }
  }

  /// The lines of a text with their numbers from 1, without their ends and without empty ones.
  static func lines(
    of bytes: UnsafeRawBufferPointer
  ) -> [(number: Int, bytes: UnsafeRawBufferPointer)] {
    var lines: [(number: Int, bytes: UnsafeRawBufferPointer)] = []
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      var line = UnsafeRawBufferPointer(rebasing: line)
      if line.last == UInt8(ascii: "\r") {
        line = UnsafeRawBufferPointer(rebasing: line.dropLast())
      }
      if !line.isEmpty { lines.append((number, line)) }
    }
    return lines
  }
}
