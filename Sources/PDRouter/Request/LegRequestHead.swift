internal import KVTransfer
internal import Vocabulary
internal import Wire

/// The head of a leg's request: the client's fields, less those of the client's own hop.
///
/// `Host` names the worker, `Content-Length` counts the edited body, and `X-Request-Id` is the same
/// on every leg of a request. The client's `Expect` was honoured already; its `Authorization` stays
/// here where workers have a key of their own, or where it is a key of ours. `X-data-parallel-rank`
/// names the worker's rank; a client's own reaches only a worker that is no rank and serves the
/// request whole: two engines cannot both be meant, and what is known of an engine's answers may
/// be true of one rank alone.
enum LegRequestHead {
  /// Appends the whole head.
  ///
  /// - Parameters:
  ///   - body: how the leg's body is delimited; nil when the request has none.
  ///   - hints: chunked-prefill hints, on a prefill leg.
  ///   - isSplit: whether the request goes to two engines.
  ///   - takesTrailers: whether the worker is told that the client takes trailers, which only a
  ///     stream of HTTP/2 can say without a word for its own hop.
  ///   - passesAuthorization: whether the client's `Authorization` is for the worker.
  static func append(
    to scratch: inout ByteBuffer, exchange: Exchange, worker: Worker,
    requestID: UnsafeRawBufferPointer, body: BodyFraming?, hints: PrefillHints?, isPrefill: Bool,
    isSplit: Bool, takesTrailers: Bool = false, passesAuthorization: Bool
  ) {
    let base = exchange.headBytes.bytes
    appendRequestLine(to: &scratch, head: exchange.head, base: base, worker: worker)
    worker.addressFields.withUnsafeBytes { scratch.append($0) }
    let takesRank = worker.url.rank == nil && !isSplit
    var lines = FieldLines()
    for place in 0..<exchange.head.fields.count {
      let field = exchange.head.fields[place]
      guard isPassedOn(field, onPrefill: isPrefill, takesRank: takesRank), !isHint(field, base),
        passesAuthorization || field.known != .authorization
      else { continue }
      lines.append(field, from: base, to: &scratch)
    }
    lines.flush(from: base, to: &scratch)
    scratch.appendField(name: "x-request-id", value: requestID)
    if takesTrailers { scratch.append("te: trailers\r\n") }
    switch body {
    case .length(let length): scratch.appendField(name: "content-length", value: length)
    case .chunked: scratch.append("transfer-encoding: chunked\r\n")
    case .some(.none), .untilClose, nil: break
    }
    hints?.appendHeaderLines(to: &scratch)
    scratch.appendHeadEnd()
  }

  private static func appendRequestLine(
    to scratch: inout ByteBuffer, head: borrowing RequestHead, base: UnsafeRawBufferPointer,
    worker: Worker
  ) {
    scratch.append(head.methodName.of(base))
    scratch.append(UInt8(ascii: " "))
    let path = head.path.of(base)
    let isAsterisk = path.first == UInt8(ascii: "*")
    if !worker.url.pathPrefix.isEmpty, !isAsterisk { scratch.append(worker.url.pathPrefix) }
    // An absolute-form target may have no path, and then means the root (RFC 9112 §3.2.1).
    if path.isEmpty { scratch.append(UInt8(ascii: "/")) }
    scratch.append(path)
    if !head.query.isEmpty {
      scratch.append(UInt8(ascii: "?"))
      scratch.append(head.query.of(base))
    }
    scratch.append(" HTTP/1.1\r\n")
  }

  /// Whether a field of the client's poses as a hint of the router's.
  private static func isHint(_ field: HeaderField, _ base: UnsafeRawBufferPointer) -> Bool {
    field.known == .other
      && FieldText.starts(field.name.of(base), with: PrefillHints.fieldNamePrefix)
  }

  private static func isPassedOn(
    _ field: HeaderField, onPrefill: Bool, takesRank: Bool
  ) -> Bool {
    switch field.known {
    case .host, .contentLength, .expect, .xRequestID: false
    // A prefill answer is read here, so it must not come compressed.
    case .acceptEncoding: !onPrefill
    case .xDataParallelRank: takesRank && !field.isForThisHopOnly
    default: !field.isForThisHopOnly
    }
  }
}
