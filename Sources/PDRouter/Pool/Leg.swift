package import Vocabulary
package import Wire

/// One request sent to one worker, and its answer, whichever protocol carries them.
///
/// Owned by whoever watches it; used for one request after another. Between `start` and its end
/// (one of `legDidEnd`, `legDidFail`, or `cancel`) the observer hears of it in this order: ready
/// (asked to write the request; again if an idle connection proved stale), head, body pieces, end.
package final class Leg {
  /// Its owner, which outlives it. Unchecked: asked several times a request.
  private unowned(unsafe) var owner: (any LegObserver)?
  /// The answer's head; its ranges refer to `headBytes`. Valid from `legDidReceiveHead` to the end.
  package internal(set) var head = ResponseHead()
  /// The bytes of the answer's head.
  package internal(set) var headBytes = ByteBuffer()
  /// What is known of that head, for one that repeats it.
  var headMemo = HeadMemo()
  /// Which lines of it go to the client.
  var passedLines = FieldLines()
  /// What the relay knows of the last head that was asked about, and the edition of that.
  private var knownHead: (edition: UInt32, head: ServingHead)?
  /// Whether the request may be written a second time when an idle connection proves stale: not
  /// when it carries a KV handle, which no decode scheduler may see twice.
  package var mayRepeat = true
  /// The request's method, which decides whether its answer has a body.
  package var method = HTTPMethod.post
  /// The answer's trailer fields: lines, each with its end, of names that may stand there. Valid
  /// from `legDidEnd` to the end.
  package internal(set) var trailers = ByteBuffer()
  /// Whether more of the request's body is to be written after what `send` was given.
  private(set) var isRequestOpen = false
  /// Whether that body's length is unknown.
  private(set) var isRequestChunked = false
  /// Who would take the body of the answer under way in the chunks that it comes in.
  var chunkTaker: (any LegChunkTaker)?
  /// What carries it, while it is out.
  var carrier: (any LegCarrier)?

  /// A leg that tells `observer`, its owner.
  package init(observer: any LegObserver) {
    owner = observer
  }

  /// A leg of somebody who is yet to be made, and takes it then by `belong`.
  init() {}

  /// Tells `owner` from now on.
  func belong(to owner: any LegObserver) {
    precondition(!isOut, "a leg has its owner before it starts")
    self.owner = owner
  }

  /// Who hears of it.
  var observer: any LegObserver {
    guard let owner else { preconditionFailure("a leg has its owner before it starts") }
    return owner
  }

  /// What the relay needs to know of the answer's head.
  var servingHead: ServingHead {
    if let knownHead, knownHead.edition == headMemo.edition {
      return knownHead.head.repeated(head.framing)
    }
    let read = ServingHead(self)
    knownHead = (headMemo.edition, read)
    return read
  }

  /// Whether it is between start and end.
  package var isOut: Bool { carrier != nil }

  /// Whether it is out and all of its request has left the router: the worker may know of it. What
  /// is still queued here is thrown away by `cancel`, and nobody acts on a part of a request.
  var wasSent: Bool { carrier?.hasSentRequest ?? false }

  /// Whether what carries it may say `te: trailers`, as gRPC wants it.
  var bringsTrailers: Bool { carrier?.bringsTrailers ?? false }

  /// Whether it was written and its answer's head has yet to come.
  var awaitsHead: Bool { carrier?.awaitsHead ?? false }

  /// Since when its worker has been silent, while it is out, written and listened to.
  var silentSince: Instant? { carrier?.silentSince }

  /// Writes the request: an HTTP/1.1 head, which is the first piece, and the pieces of the body, in
  /// order. That is all of it, unless `openRequest` was called before.
  package func send(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    carrier?.send(pieces)
  }

  /// Writes a request whose body is one piece.
  func send(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 2) { pieces in
      pieces.initializeElement(at: 0, to: head)
      pieces.initializeElement(at: 1, to: body)
      send(UnsafeBufferPointer(pieces))
    }
  }

  /// Says, before `send`, that more of the body is to follow by `sendBody`.
  func openRequest(isChunked: Bool) {
    isRequestOpen = true
    isRequestChunked = isChunked
  }

  /// Writes more of an open request's body, bare of any framing.
  func sendBody(_ bytes: UnsafeRawBufferPointer) {
    precondition(isRequestOpen, "what was sent whole has no more")
    if !bytes.isEmpty { carrier?.sendBody(bytes) }
  }

  /// Ends an open request, with trailer fields where there are any: lines, each with its end.
  func endRequest(trailers: UnsafeRawBufferPointer = .init(start: nil, count: 0)) {
    precondition(isRequestOpen, "a request ends once")
    isRequestOpen = false
    carrier?.endRequest(trailers: trailers)
  }

  /// Forgets the answer before, and that a request was open: what carries it begins anew.
  func reset() {
    trailers.removeAll()
    isRequestOpen = false
    chunkTaker = nil
  }

  /// Bytes of the request that the worker has not taken yet.
  var bufferedByteCount: Int { carrier?.bufferedByteCount ?? 0 }

  /// Stops reading the answer: the client is slower than the worker.
  package func pauseReading() {
    carrier?.pauseReading()
  }

  /// Reads the answer again.
  package func resumeReading() {
    carrier?.resumeReading()
  }

  /// Ends the leg here and now by closing its connection or stream, which is how an engine learns
  /// of it.
  ///
  /// The observer hears nothing more. Does nothing when the leg is not out.
  package func cancel() {
    carrier?.cancelLeg()
    precondition(carrier == nil)
  }
}

/// Who watches a leg.
package protocol LegObserver: AnyObject {
  /// A connection is there: write the request with `send`.
  func legIsReady(_ leg: Leg)
  /// The worker took what was written of the request: more may be.
  func legDidDrain(_ leg: Leg)
  /// The answer's head has come.
  func legDidReceiveHead(_ leg: Leg)
  /// A piece of the answer's body, decoded from its framing; valid only during the call.
  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer)
  /// The answer is complete.
  func legDidEnd(_ leg: Leg)
  /// There will be no (complete) answer.
  func leg(_ leg: Leg, didFail failure: LegFailure)
}

extension LegObserver {
  /// Does nothing: the request was written whole.
  package func legDidDrain(_ leg: Leg) {}
}

/// Who takes chunks of an answer that flows as they are, so that their framing is not made anew.
protocol LegChunkTaker: AnyObject {
  /// More of the answer's body has come, at a chunk's beginning; valid only during the call. The
  /// leg does not end in it.
  ///
  /// - Returns: how many bytes, whole chunks, were taken; the observer gets the rest without its
  ///   framing.
  func takeChunks(_ bytes: UnsafeRawBufferPointer, at now: Instant) -> Int
}
