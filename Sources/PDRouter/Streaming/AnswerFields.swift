internal import Vocabulary
internal import Wire

/// The header fields of a worker's answer as the client gets them: all but those of the worker's
/// own hop, the framing and those of cross-origin sharing, which the front end writes.
///
/// `X-Request-Id` is the request's: an engine that names its own, or the name it was given beside
/// another engine, would tell the client of a request that no log knows.
enum AnswerFields {
  static func append(
    to fields: inout ByteBuffer, from leg: Leg, requestID: UnsafeRawBufferPointer
  ) {
    let base = leg.headBytes.bytes
    var lines = FieldLines()
    for place in 0..<leg.head.fields.count {
      let field = leg.head.fields[place]
      if field.known == .contentLength || field.known == .xRequestID { continue }
      if field.isForThisHopOnly || CrossOrigin.isOurs(field, base) { continue }
      lines.append(field, from: base, to: &fields)
    }
    lines.flush(from: base, to: &fields)
    fields.appendField(name: "x-request-id", value: requestID)
  }
}
