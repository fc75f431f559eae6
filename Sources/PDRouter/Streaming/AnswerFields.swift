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
    let areKnown = leg.passedLines.areKnown(leg.headMemo, kind: 0)
    if !areKnown { find(leg, base, to: &fields) }
    let copied = areKnown ? leg.passedLines.byteCount : 0
    fields.append(upTo: copied + requestID.count + 16) { pen in
      if areKnown { leg.passedLines.copy(from: base, to: &pen) }
      pen.put("x-request-id: ")
      pen.put(requestID)
      pen.put("\r\n")
    }
  }

  private static func find(
    _ leg: Leg, _ base: UnsafeRawBufferPointer, to fields: inout ByteBuffer
  ) {
    leg.passedLines.begin(leg.headMemo, kind: 0)
    for place in 0..<leg.head.fields.count {
      let field = leg.head.fields[place]
      if field.known == .contentLength || field.known == .xRequestID { continue }
      if field.isForThisHopOnly || CrossOrigin.isOurs(field, base) { continue }
      leg.passedLines.append(field, from: base, to: &fields)
    }
    leg.passedLines.end(from: base, to: &fields)
  }
}
