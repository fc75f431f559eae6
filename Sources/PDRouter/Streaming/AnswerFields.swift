internal import Vocabulary
internal import Wire

/// The header fields of a worker's answer as the client gets them: all but those of the worker's
/// own hop, the framing and those of cross-origin sharing, which the front end writes, plus
/// `X-Request-Id` where the engine did not send one.
enum AnswerFields {
  static func append(
    to fields: inout ByteBuffer, from leg: Leg, requestID: UnsafeRawBufferPointer
  ) {
    let base = leg.headBytes.bytes
    var hasRequestID = false
    for place in 0..<leg.head.fields.count {
      let field = leg.head.fields[place]
      if field.known == .contentLength || field.isForThisHopOnly { continue }
      if CrossOrigin.isOurs(field, base) { continue }
      if field.known == .xRequestID { hasRequestID = true }
      fields.appendField(copying: field, from: base)
    }
    if !hasRequestID { fields.appendField(name: "x-request-id", value: requestID) }
  }
}
