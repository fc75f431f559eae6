internal import Vocabulary
internal import Wire

/// The fields of cross-origin resource sharing (WHATWG Fetch §3.2) that every answer gets, in the
/// baseline's form: any origin unless some are listed.
///
/// Immutable; the bytes are made once. Costs one copy an answer, and where origins are listed one
/// look at the request's `Origin`.
final class CrossOrigin: Sendable {
  /// The origins listed; none for any.
  private let origins: [[UInt8]]
  private let preflightLines: [UInt8]
  private let answerLines: [UInt8]

  /// What a preflight may be told that its answer depends on; it does not hurt other answers.
  private static let vary =
    "vary: origin, access-control-request-method, access-control-request-headers\r\n"
  /// Seconds for which a browser may remember a preflight's answer.
  private static let maximumAge = 3600

  /// The fields for `origins`; none, or `*` among them, lets any origin in.
  init(origins: [String]) {
    let isOpen = origins.isEmpty || origins.contains("*")
    self.origins = isOpen ? [] : origins.map { Array($0.utf8) }
    let origin = isOpen ? "access-control-allow-origin: *\r\n" : ""
    let methods = isOpen ? "*" : "GET,POST,OPTIONS"
    let headers = isOpen ? "*" : "content-type,authorization"
    let exposed = isOpen ? "*" : "x-request-id"
    preflightLines = Array(
      """
      \(origin)access-control-allow-methods: \(methods)\r
      access-control-allow-headers: \(headers)\r
      access-control-max-age: \(CrossOrigin.maximumAge)\r
      \(CrossOrigin.vary)
      """.utf8)
    answerLines = Array(
      "\(origin)access-control-expose-headers: \(exposed)\r\n\(CrossOrigin.vary)".utf8)
  }

  /// Whether the request asks what a browser may send (WHATWG Fetch §3.2.2), and is nobody's else.
  static func isPreflight(_ head: borrowing RequestHead, base: UnsafeRawBufferPointer) -> Bool {
    guard head.method == .options, head.fields.first(.origin) != nil else { return false }
    for place in 0..<head.fields.count {
      let field = head.fields[place]
      if field.known == .other, field.name.length == 29,
        FieldText.starts(field.name.of(base), with: "access-control-request-method")
      {
        return true
      }
    }
    return false
  }

  /// Whether a field of an engine's answer is one that the router writes itself.
  @inline(__always)
  static func isOurs(_ field: HeaderField, _ base: UnsafeRawBufferPointer) -> Bool {
    field.known == .other && FieldText.starts(field.name.of(base), with: "access-control-")
  }

  /// Appends the lines for the answer to a request; its head may be unfinished.
  func append(
    to fields: inout ByteBuffer, for head: borrowing RequestHead, base: UnsafeRawBufferPointer
  ) {
    if origins.isEmpty, head.method != .options { return append(to: &fields) }
    let isPreflight = head.method == .options && CrossOrigin.isPreflight(head, base: base)
    if !origins.isEmpty, let origin = head.fields.first(.origin)?.value.of(base),
      origins.contains(where: { $0.elementsEqual(origin) })
    {
      fields.appendField(name: "access-control-allow-origin", value: origin)
    }
    (isPreflight ? preflightLines : answerLines).withUnsafeBytes { fields.append($0) }
  }

  /// Appends the lines for an answer to what is no proper request.
  func append(to fields: inout ByteBuffer) {
    answerLines.withUnsafeBytes { fields.append($0) }
  }
}
