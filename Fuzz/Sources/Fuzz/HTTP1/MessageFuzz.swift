internal import Wire

/// Connections of HTTP/1: whatever arrives means the same in one piece and in many, and what is
/// accepted keeps the limits and means what a simpler reading of the same bytes says.
enum MessageFuzz {
  static func runRequests(_ input: FuzzInput) {
    let limits = limits(input)
    let whole = MessageLog.of(
      RequestReader(limits: limits), input.text, ends: [input.text.count], limits)
    let cut = MessageLog.of(
      RequestReader(limits: limits), input.text, ends: input.pieceEnds, limits)
    precondition(whole == cut, "a client's bytes mean something else in pieces")
  }

  static func runResponses(_ input: FuzzInput) {
    let limits = limits(input)
    let method: HTTPMethod = input.chooses(1) ? .head : .post
    let whole = MessageLog.of(
      ResponseReader(limits: limits, method: method), input.text, ends: [input.text.count], limits)
    let cut = MessageLog.of(
      ResponseReader(limits: limits, method: method), input.text, ends: input.pieceEnds, limits)
    precondition(whole == cut, "an engine's bytes mean something else in pieces")
  }

  /// The defaults, or limits so small that inputs of the fuzzer's size meet them.
  private static func limits(_ input: FuzzInput) -> HTTP1Limits {
    var limits = HTTP1Limits()
    guard input.chooses(0) else { return limits }
    limits.headBytes = 160
    limits.startLineBytes = 48
    limits.headerCount = 4
    limits.connectionOptions = 2
    limits.chunkExtensionBytes = 12
    limits.totalChunkExtensionBytes = 20
    limits.trailerBytes = 24
    return limits
  }
}
