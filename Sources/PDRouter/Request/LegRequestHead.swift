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
    let takesRank = worker.url.rank == nil && !isSplit
    let choice = Choice(
      isPrefill: isPrefill, takesRank: takesRank, passesAuthorization: passesAuthorization)
    if isPrefill {
      appendStart(choice, of: exchange, lines: &exchange.prefillLines, worker, to: &scratch)
    } else {
      appendStart(choice, of: exchange, lines: &exchange.servingLines, worker, to: &scratch)
    }
    scratch.append(upTo: requestID.count + LegRequestHead.endRoom) { pen in
      pen.put("x-request-id: ")
      pen.put(requestID)
      pen.put("\r\n")
      if takesTrailers { pen.put("te: trailers\r\n") }
      switch body {
      case .length(let length):
        pen.put("content-length: ")
        pen.put(decimal: length)
        pen.put("\r\n")
      case .chunked: pen.put("transfer-encoding: chunked\r\n")
      case .some(.none), .untilClose, nil: break
      }
      if hints == nil { pen.put("\r\n") }
    }
    guard let hints else { return }
    hints.appendHeaderLines(to: &scratch)
    scratch.appendHeadEnd()
  }

  /// More than the fields at the end need, but for the value of the first.
  private static let endRoom = 128

  /// Appends the request line, the fields that name the worker, and the client's.
  private static func appendStart(
    _ choice: Choice, of exchange: Exchange, lines: inout FieldLines, _ worker: Worker,
    to scratch: inout ByteBuffer
  ) {
    let base = exchange.headBytes.bytes
    let hasPrefix = !worker.url.pathPrefix.isEmpty
    guard !hasPrefix, !exchange.head.plainLine.isEmpty,
      lines.areKnown(exchange.headMemo, kind: choice.number)
    else {
      appendRequestLine(to: &scratch, head: exchange.head, base: base, worker: worker)
      worker.addressFields.withUnsafeBytes { scratch.append($0) }
      return append(choice, of: exchange, base, lines: &lines, to: &scratch)
    }
    let line = exchange.head.plainLine.of(base)
    worker.addressFields.withUnsafeBytes { address in
      scratch.append(upTo: line.count + address.count + lines.byteCount) { pen in
        pen.put(line)
        pen.put(address)
        lines.copy(from: base, to: &pen)
      }
    }
  }

  private static func appendRequestLine(
    to scratch: inout ByteBuffer, head: borrowing RequestHead, base: UnsafeRawBufferPointer,
    worker: Worker
  ) {
    if worker.url.pathPrefix.isEmpty, !head.plainLine.isEmpty {
      return scratch.append(head.plainLine.of(base))
    }
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

  /// Appends the client's fields that are for the worker.
  private static func append(
    _ choice: Choice, of exchange: Exchange, _ base: UnsafeRawBufferPointer,
    lines: inout FieldLines, to scratch: inout ByteBuffer
  ) {
    lines.begin(exchange.headMemo, kind: choice.number)
    for place in 0..<exchange.head.fields.count {
      let field = exchange.head.fields[place]
      guard choice.takes(field), !isHint(field, base) else { continue }
      lines.append(field, from: base, to: &scratch)
    }
    lines.end(from: base, to: &scratch)
  }

  /// Whether a field of the client's poses as a hint of the router's.
  private static func isHint(_ field: HeaderField, _ base: UnsafeRawBufferPointer) -> Bool {
    field.known == .other
      && FieldText.starts(field.name.of(base), with: PrefillHints.fieldNamePrefix)
  }

  /// Which fields go to a worker.
  private struct Choice {
    let isPrefill: Bool
    let takesRank: Bool
    let passesAuthorization: Bool

    /// A number of its own for every choice.
    var number: UInt8 {
      (isPrefill ? 1 : 0) | (takesRank ? 2 : 0) | (passesAuthorization ? 4 : 0)
    }

    @inline(__always)
    func takes(_ field: HeaderField) -> Bool {
      switch field.known {
      case .host, .contentLength, .expect, .xRequestID: false
      // A prefill answer is read here, so it must not come compressed.
      case .acceptEncoding: !isPrefill && !field.isForThisHopOnly
      case .xDataParallelRank: takesRank && !field.isForThisHopOnly
      case .authorization: passesAuthorization && !field.isForThisHopOnly
      default: !field.isForThisHopOnly
      }
    }
  }
}
