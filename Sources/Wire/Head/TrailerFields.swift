public import Vocabulary

/// Which fields may stand behind a body (RFC 9110 §6.5.1), and how a section of them is passed on.
///
/// A field that says how a message is framed, routed, read, cached or whom it is from would be
/// believed by some who merge trailers into the head, and be overlooked by others; so would the
/// request's id, which the router writes itself.
public enum TrailerFields {
  /// Fields that mean something only in a head, beside those of one hop.
  private static let headOnly: [StaticString] = [
    "host", "content-length", "content-type", "content-encoding", "content-range", "expect",
    "max-forwards", "cache-control", "pragma", "range", "if-match", "if-none-match",
    "if-modified-since", "if-unmodified-since", "if-range", "authorization", "www-authenticate",
    "authentication-info", "proxy-authentication-info", "cookie", "set-cookie", "age", "expires",
    "date", "location", "retry-after", "vary", "warning", "x-request-id",
  ]
  private static let hop: [StaticString] = [
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization",
    "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
  ]

  /// Whether a field of that name, in any case, may stand in a trailer.
  public static func isAllowed(_ name: UnsafeRawBufferPointer) -> Bool {
    guard let base = name.baseAddress, FieldText.isName(name) else { return false }
    func isSame(_ known: StaticString) -> Bool {
      ASCII.isSame(base, name.count, ignoringCaseAs: known)
    }
    return !headOnly.contains(where: isSame) && !hop.contains(where: isSame)
  }

  /// Appends the fields of a checked section that may be passed on, each as `name: value` with its
  /// line end; without the empty line.
  public static func append(_ section: UnsafeRawBufferPointer, to target: inout ByteBuffer) {
    guard let base = section.baseAddress else { return }
    var start = 0
    while start < section.count {
      let end = ByteSearch.first(ASCII.lineFeed, base, from: start, to: section.count)
      var lineEnd = end
      if lineEnd > start, ByteSearch.byte(base, lineEnd - 1) == ASCII.carriageReturn {
        lineEnd -= 1
      }
      append(line: UnsafeRawBufferPointer(rebasing: section[start..<lineEnd]), to: &target)
      start = end + 1
    }
  }

  private static func append(line: UnsafeRawBufferPointer, to target: inout ByteBuffer) {
    guard let colon = line.firstIndex(of: ASCII.colon) else { return }
    let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
    var value = line[(colon + 1)...]
    while let first = value.first, ASCII.isBlank(first) { value.removeFirst() }
    while let last = value.last, ASCII.isBlank(last) { value.removeLast() }
    let text = UnsafeRawBufferPointer(rebasing: value)
    guard isAllowed(name), FieldText.isValid(text) else { return }
    target.append(name)
    target.append(": ")
    target.append(text)
    target.append("\r\n")
  }
}
