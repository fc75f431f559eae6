internal import Vocabulary
internal import Wire

// What requests' bodies may cost, whichever protocol brings them.
extension Frontend {
  /// Whether the handler takes the body in pieces: not for one that is small, which can be sent
  /// again when a worker fails.
  func mayTakePieces(_ exchange: Exchange) -> Bool {
    if case .length(let length) = exchange.head.framing, length <= limits.gatheredBodyBytes {
      return false
    }
    return handler.takesBodyInPieces(exchange)
  }

  /// How long the next byte of a body may be waited for: as long as any silence may last, but not
  /// beyond the time that `byteCount` bytes of so slow a body, `elapsed` since its beginning, may
  /// take as a whole.
  func timeForMore(after byteCount: Int, elapsed: Duration) -> Duration {
    let idle = timeouts.requestBodyIdle
    let bonus = Duration.seconds(byteCount / timeouts.slowestBodyRate)
    return max(.zero, min(idle, idle + bonus - elapsed))
  }

  /// Reserves room for a body that is gathered, as far as its sender can be believed.
  static func reserve(_ exchange: Exchange) {
    if case .length(let length) = exchange.head.framing {
      exchange.body.reserve(min(length, 1024 * 1024))
    }
  }

  /// What a client is told whose body is too large.
  var largeBodyMessage: String {
    "The request body is larger than \(limits.requestBodyBytes) bytes."
  }

  /// What a client is told whose request does not come to its end.
  static let slowMessage = "The request took too long to arrive."

  /// Counts a refusal, and empties the scratch for its head.
  ///
  /// - Returns: its body.
  func beginRefusal(status: Int, _ message: String) -> ByteBuffer {
    handler.didRefuse(status: status)
    headScratch.removeAll()
    var body = ByteBuffer(capacity: 256)
    ErrorAnswer.append(
      RouterError(.badRequest(status: status), origin: .client, message: message), to: &body)
    return body
  }

  /// Appends the handler's fields and those of cross-origin sharing for a refusal, whose request's
  /// head may not have been read.
  func appendRefusalFields(for exchange: Exchange?) {
    guard let exchange, exchange.hasHead else {
      crossOrigin?.append(to: &headScratch)
      return
    }
    handler.willRefuse(exchange)
    headScratch.append(exchange.ownFields.bytes)
    crossOrigin?.append(to: &headScratch, for: exchange.head, base: exchange.headBytes.bytes)
  }
}
