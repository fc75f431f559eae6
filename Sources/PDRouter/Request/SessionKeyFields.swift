internal import JSONFields
internal import Policies
internal import Wire

/// Where a client may say which conversation, user or tenant its request belongs to.
///
/// The baseline's places in its order (baseline §4.3): six header fields, then four fields of the
/// body. Only that the body is parsed and not searched for words, so that neither `user` as a
/// message's role nor a prompt that speaks of users is taken for one. A value longer than
/// `longestValue` is passed over, since placements hash the key; so is a member of the body that is
/// neither a number nor a string. Allocates the key it finds.
enum SessionKeyFields {
  /// Bytes; what is longer names no session.
  static let longestValue = 4096

  /// The request's session key; nil when it has none. `fields` are those of `body`, nil for a body
  /// that is not read.
  static func find(
    in head: borrowing RequestHead, base: UnsafeRawBufferPointer, fields: JSONFields?,
    of body: UnsafeRawBufferPointer
  ) -> SessionKey? {
    if let key = find(in: head, base) { return key }
    guard let fields else { return nil }
    return inParameters(fields, body)
      ?? member(.user, fields, body, "user:")
      ?? member(.sessionId, fields, body, "session:")
      ?? member(.userId, fields, body, "user:")
  }

  // MARK: Header fields

  /// The first of the six that is there and has a value, in one pass over the fields.
  private static func find(
    in head: borrowing RequestHead, _ base: UnsafeRawBufferPointer
  ) -> SessionKey? {
    var best: (rank: Int, source: StaticString, value: UnsafeRawBufferPointer)?
    for place in 0..<head.fields.count {
      let field = head.fields[place]
      guard let (rank, source) = rank(of: field), rank < best?.rank ?? .max,
        !field.value.isEmpty, Int(field.value.length) <= longestValue
      else { continue }
      best = (rank, source, field.value.of(base))
    }
    return best.map { SessionKey(source: $0.source, value: $0.value) }
  }

  private static func rank(of field: HeaderField) -> (Int, StaticString)? {
    switch field.known {
    case .xSessionID: (0, "header:x-session-id:")
    case .xUserID: (1, "header:x-user-id:")
    case .xTenantID: (2, "header:x-tenant-id:")
    case .xCorrelationID: (3, "header:x-correlation-id:")
    case .xRequestID: (4, "header:x-request-id:")
    case .xTraceID: (5, "header:x-trace-id:")
    default: nil
    }
  }

  // MARK: The body

  private static func inParameters(
    _ fields: JSONFields, _ body: UnsafeRawBufferPointer
  ) -> SessionKey? {
    guard fields[.sessionParams]?.kind == .object else { return nil }
    do throws(JSONError) {
      guard let nested = try fields.nested(.sessionParams, in: body) else { return nil }
      return member(.sessionId, nested, body, "session:")
    } catch {
      // Names repeated too often within: what the engine would make of that names no session.
      return nil
    }
  }

  private static func member(
    _ key: JSONFields.Key, _ fields: JSONFields, _ body: UnsafeRawBufferPointer,
    _ source: StaticString
  ) -> SessionKey? {
    guard let span = fields[key], span.range.count <= longestValue + 2 else { return nil }
    let raw = UnsafeRawBufferPointer(rebasing: body[span.range])
    switch span.kind {
    case .number: return SessionKey(source: source, value: raw)
    case .string where raw.count == 2: return nil
    case .string where !raw.contains(UInt8(ascii: "\\")):
      return SessionKey(source: source, value: raw[1..<raw.count - 1])
    case .string:
      return fields.string(key, in: body).map { SessionKey(source: source, value: $0.utf8) }
    default: return nil
    }
  }
}
