public import Vocabulary
public import Wire

/// One request of a client and the answer to it, whichever protocol carries them.
///
/// Made and reused by a front-end connection; confined to its loop. The request (head and body) is
/// complete and unchanging from `ExchangeHandler.handle` until the answer ends, unless the handler
/// takes the body in pieces. Whoever answers
/// calls either `respond`, or `begin`, any number of `write`s, and `end` (or `cut`); it drops its
/// reference before `end`, since the connection reuses the exchange at once. After the client left
/// or the answer ended, every call is ignored.
public final class Exchange {
  /// The request's head; its ranges refer to `headBytes`.
  public internal(set) var head = RequestHead()
  /// The bytes of the request's head.
  public internal(set) var headBytes = ByteBuffer()
  /// What is known of that head, for one that repeats it.
  var headMemo = HeadMemo()
  /// Which lines of it go to workers, on a prefill leg and on the leg whose answer the client gets.
  var prefillLines = FieldLines()
  var servingLines = FieldLines()
  /// Whether the head of the request under way was read whole.
  var hasHead = false
  /// The whole request body, decoded from its framing; of one that is taken in pieces, what has
  /// come and was not taken.
  public internal(set) var body = ByteBuffer()
  /// Whether no more of the body will come.
  public internal(set) var isBodyComplete = true
  /// The lines (`name: value`, CR, LF) of the fields that followed the body, once it is complete.
  public internal(set) var trailers = ByteBuffer()
  /// When the last byte of the request had arrived.
  public internal(set) var receivedAt = Instant.zero
  /// Who hears of the client's side; let go when the exchange is over.
  public var observer: (any ExchangeObserver)?
  /// Whether a prefill leg that is soon over may outlive the client, so that what it makes can be
  /// given back. Not so where the client leaves because that leg takes too long.
  var letsPrefillEnd = true

  /// Further lines of the answer's head, for what the router answers itself.
  var ownFields = ByteBuffer()
  /// The name of the API key that the client used.
  var client: String?
  /// The route, by which its answer is counted.
  var endpoint = Endpoint.passThrough

  /// The connection, while the exchange is live.
  var transport: (any ExchangeTransport)?
  /// Whether the answer's head was handed to the connection.
  public internal(set) var hasBegun = false

  init() {}

  /// Whether nobody can be answered any more: the client left, or the answer has ended.
  public var isOver: Bool { transport == nil }

  /// Bytes of the answer that the client has not taken yet.
  public var bufferedByteCount: Int { transport?.bufferedByteCount ?? 0 }

  /// Whether a client of HTTP/1.1 has said that it reads what follows a body (RFC 9110 §10.1.4).
  var takesTrailers: Bool { head.fields.lists("trailers", in: .te, base: headBytes.bytes) }

  /// Lets go of what has come of the body, so that more of it may come.
  func dropBody() {
    body.removeAll(keepingCapacityUpTo: 256 * 1024)
    if !isBodyComplete { transport?.bodyWasTaken(self) }
  }

  /// The client has left: whoever was handed the request hears so, and can answer no more.
  func loseClient() {
    let observer = observer
    self.observer = nil
    let wasLive = transport != nil
    transport = nil
    if wasLive { observer?.exchangeDidLoseClient(self) }
  }

  /// The answer is complete, or cut: nobody hears of the client any more.
  func letGo() {
    transport = nil
    observer = nil
  }

  /// Begins the answer.
  ///
  /// - Parameters:
  ///   - status: 200 … 599.
  ///   - fields: header lines (`name: value`, CR, LF), without framing and connection fields.
  ///   - length: the body's bytes, when known.
  public func begin(status: Int, fields: borrowing ByteBuffer, length: Int?) {
    precondition(!hasBegun, "an answer begins once")
    precondition((200...599).contains(status))
    hasBegun = true
    transport?.begin(self, status: status, fields: fields.bytes, length: length)
  }

  /// Sends more of the answer's body; `bytes` is valid only during the call.
  public func write(_ bytes: UnsafeRawBufferPointer) {
    precondition(hasBegun, "an answer begins before its body")
    transport?.write(self, bytes)
  }

  /// Who takes more of the answer under way in chunks of HTTP/1.1; nil where its body does not
  /// leave in chunks. To be let go of when the exchange is over.
  var chunkWriter: (any ChunkWriter)? { transport?.chunkWriter }

  /// Ends the answer; the exchange may be reused for another request before this returns.
  public func end() {
    precondition(hasBegun, "an answer begins before its end")
    transport?.end(self, trailers: nil)
  }

  /// Ends the answer as `end` does, with fields that follow its body where the client can take
  /// them.
  ///
  /// - Parameter trailers: header lines (`name: value`, CR, LF), valid only during the call; none
  ///   that say anything of framing, routing or the connection (RFC 9110 §6.5.1).
  public func end(trailers: UnsafeRawBufferPointer) {
    precondition(hasBegun, "an answer begins before its end")
    transport?.end(self, trailers: trailers.isEmpty ? nil : trailers)
  }

  /// Cuts the answer off where it is: the client sees a broken transfer, never a complete one.
  public func cut() {
    transport?.cut(self)
  }

  /// Writes `text` instead of an answer and closes: how a simulated engine misbehaves.
  package func corrupt(_ text: StaticString) {
    transport?.corrupt(
      self, UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Answers at once with a whole body.
  public func respond(
    status: Int, fields: borrowing ByteBuffer, body: borrowing ByteBuffer
  ) {
    begin(status: status, fields: fields, length: body.count)
    write(body.bytes)
    end()
  }
}

/// Who answers requests of a front end.
public protocol ExchangeHandler: AnyObject {
  /// A request has arrived whole. May answer before returning, or keep the exchange and answer
  /// later.
  func handle(_ exchange: Exchange)

  /// Whether `handle` is to be called once the head and some of the body are there, where that is
  /// large or of unknown length; the rest is told by `ExchangeObserver.exchangeDidReceiveBody`.
  func takesBodyInPieces(_ exchange: Exchange) -> Bool

  /// The head of an answer goes to the client; for counting.
  func didAnswer(_ exchange: Exchange, status: Int)

  /// The connection is about to refuse a request whose head it has read; `ownFields` go with that.
  func willRefuse(_ exchange: Exchange)

  /// The connection refused a request by itself (bad HTTP, too large); for counting.
  func didRefuse(status: Int)

  /// A connection was not taken; for counting.
  func didRefuseConnection(_ reason: ConnectionRefusal)

  /// A connection was ended before its time; for counting, and for the log.
  func didEndConnection(_ fault: ConnectionFault)
}

extension ExchangeHandler {
  /// Adds nothing.
  public func willRefuse(_ exchange: Exchange) {}
}

extension ExchangeHandler {
  /// Counts nothing.
  public func didRefuseConnection(_ reason: ConnectionRefusal) {}
}

extension ExchangeHandler {
  /// Says nothing.
  public func didEndConnection(_ fault: ConnectionFault) {}
}

extension ExchangeHandler {
  /// Bodies come whole.
  public func takesBodyInPieces(_ exchange: Exchange) -> Bool { false }
}

extension ExchangeHandler {
  /// Counts nothing.
  public func didAnswer(_ exchange: Exchange, status: Int) {}
}

/// Who hears of the client while an answer is under way.
public protocol ExchangeObserver: AnyObject {
  /// The client hung up; the exchange is over.
  func exchangeDidLoseClient(_ exchange: Exchange)

  /// The client took what was queued: `bufferedByteCount` fell below the low watermark.
  func exchangeDidDrain(_ exchange: Exchange)

  /// More of a body that is taken in pieces has come, or its end.
  func exchangeDidReceiveBody(_ exchange: Exchange)

  /// The connection ends for good: what the client is still to be told must be told before this
  /// returns, by ending or cutting the answer.
  func exchangeMustEnd(_ exchange: Exchange)
}

extension ExchangeObserver {
  /// Does nothing: the body came whole, or waits until it is taken.
  public func exchangeDidReceiveBody(_ exchange: Exchange) {}

  /// Says nothing: the client loses its connection without a word.
  public func exchangeMustEnd(_ exchange: Exchange) {}
}

/// What carries an exchange's answer: a connection, or a stream of one.
protocol ExchangeTransport: AnyObject {
  var bufferedByteCount: Int { get }
  func bodyWasTaken(_ exchange: Exchange)
  func begin(_ exchange: Exchange, status: Int, fields: UnsafeRawBufferPointer, length: Int?)
  func write(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer)
  var chunkWriter: (any ChunkWriter)? { get }
  func end(_ exchange: Exchange, trailers: UnsafeRawBufferPointer?)
  func cut(_ exchange: Exchange)
  func corrupt(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer)
}

extension ExchangeTransport {
  /// Frames bodies in a way of its own.
  var chunkWriter: (any ChunkWriter)? { nil }
}

/// A connection whose answer under way leaves in chunks of HTTP/1.1.
protocol ChunkWriter: AnyObject {
  /// Sends more of the answer's body: whole chunks in their framing.
  ///
  /// - Parameter isAll: nothing else is written to the client in this wake-up, most likely.
  /// - Returns: `bufferedByteCount` after that.
  func writeChunks(_ bytes: UnsafeRawBufferPointer, isAll: Bool) -> Int
}
