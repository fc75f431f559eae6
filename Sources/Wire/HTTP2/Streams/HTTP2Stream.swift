internal import Vocabulary

/// What a session keeps for one stream. Used again for later streams of the connection.
final class HTTP2Stream {
  /// Its number.
  private(set) var id = HTTP2StreamID.connection
  /// Heads that were decoded and not taken yet, in order; trailers last.
  var blocks: [HTTP2HeadBlock] = []
  /// Body bytes that are not in frames yet.
  var outgoing = ByteBuffer()
  /// The text that the fields of a queued HEADERS frame point into.
  var headText = ByteBuffer()
  /// The text that the fields of queued trailers point into.
  var trailerText = ByteBuffer()
  /// Whether its owner was told of it.
  var isAnnounced = false
  /// Whether `.closed` was recorded.
  var isClosed = false
  /// Whether the owner reset it: no event but `.closed` reaches it any more.
  var isReset = false
  /// Whether the peer ended its side.
  var hasRemoteEnded = false
  /// Whether the owner ended its side; what is in `outgoing` comes before the end.
  var hasEnded = false
  /// Whether the end of our side is in frames.
  var isEndSent = false
  /// Whether a final head was submitted, or the request.
  var hasHead = false
  /// Whether our HEADERS left: a request that never did may be sent elsewhere.
  var isHeadSent = false
  /// Whether body bytes follow our head.
  var hasBody = false
  /// Whether there are trailers to send.
  var hasTrailers = false
  /// Whether nghttp2 waits to be told that there are bytes.
  var isDeferred = false
  /// Whether `outgoing` was above the high watermark and `.drained` is due.
  var isHigh = false
  /// Whether what still comes of the peer's body is dropped.
  var refusesRest = false
  /// Whether the request was HEAD, whose answer has no body.
  var isToHead = false
  /// Whether a final head is still to come (client).
  var awaitsHead = true
  /// Interim heads that came.
  var interimCount = 0

  /// Becomes the stream `id`.
  func begin(_ id: HTTP2StreamID) {
    precondition(blocks.isEmpty && outgoing.isEmpty)
    self.id = id
    isAnnounced = false
    isClosed = false
    isReset = false
    hasRemoteEnded = false
    hasEnded = false
    isEndSent = false
    hasHead = false
    isHeadSent = false
    hasBody = false
    hasTrailers = false
    isDeferred = false
    isHigh = false
    refusesRest = false
    isToHead = false
    awaitsHead = true
    interimCount = 0
  }

  /// Lets go of its bytes; keeps small blocks.
  func forget() {
    outgoing.removeAll(keepingCapacityUpTo: HTTP2Stream.keptBytes)
    headText.removeAll(keepingCapacityUpTo: HTTP2Stream.keptBytes)
    trailerText.removeAll(keepingCapacityUpTo: 256)
  }

  private static let keptBytes = 4096
}
