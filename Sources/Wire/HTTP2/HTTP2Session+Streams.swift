internal import CNGHTTP2

// Streams and what they are made of.
extension HTTP2Session {
  /// A stream for `id`, from the spare ones.
  func openStream(_ id: HTTP2StreamID) -> HTTP2Stream {
    let stream = takeSpareStream()
    adopt(stream, id)
    return stream
  }

  /// A stream that has no number yet.
  func takeSpareStream() -> HTTP2Stream {
    spareStreams.popLast() ?? HTTP2Stream()
  }

  /// Makes `stream` the stream `id`.
  func adopt(_ stream: HTTP2Stream, _ id: HTTP2StreamID) {
    stream.begin(id)
    streams.insert(stream)
    openStreams &+= 1
  }

  /// Keeps a stream that is done with.
  func keep(_ stream: HTTP2Stream) {
    stream.forget()
    if spareStreams.count < HTTP2Session.spareLimit { spareStreams.append(stream) }
  }

  /// A block for a head, from the spare ones.
  func takeSpareBlock() -> HTTP2HeadBlock {
    spareBlocks.popLast() ?? HTTP2HeadBlock()
  }

  /// Keeps a block that is done with.
  func keep(_ block: HTTP2HeadBlock) {
    if spareBlocks.count < HTTP2Session.spareLimit { spareBlocks.append(block) }
  }

  /// Forgets a stream that is closed.
  func release(_ id: HTTP2StreamID) {
    guard let stream = streams.remove(id) else { return }
    if stream.isReset { silencedStreams &-= 1 }
    for block in stream.blocks { keep(block) }
    stream.blocks.removeAll(keepingCapacity: true)
    keep(stream)
  }

  /// Notes that nothing more is to be told of a stream but its end.
  func silence(_ stream: HTTP2Stream) {
    guard !stream.isReset else { return }
    stream.isReset = true
    silencedStreams &+= 1
  }

  /// Streams, and blocks, that are kept for later ones.
  private static let spareLimit = 16

  /// The stream, if it is there and not over.
  @inline(__always)
  func live(_ id: HTTP2StreamID) -> HTTP2Stream? {
    guard let stream = streams[id], !stream.isClosed, !stream.isReset else { return nil }
    return stream
  }

  /// Ends the connection because of `error`: GOAWAY is queued, streams are closed.
  func fail(_ error: HTTP2Error) {
    guard failure == nil else { return }
    failure = error
    nghttp2_session_terminate_session(handle, error.code.number)
    closeStreams(error.code)
  }

  /// Closes every stream for its owner.
  func closeStreams(_ code: HTTP2ErrorCode) {
    var unheard: [HTTP2StreamID] = []
    streams.forEach { stream in
      guard !stream.isClosed else { return }
      stream.isClosed = true
      openStreams &-= 1
      if stream.isAnnounced {
        record(.closed(stream.id, code))
      } else {
        unheard.append(stream.id)
      }
    }
    for id in unheard { release(id) }
  }
}
