internal import Vocabulary
internal import Wire

/// Where a client may have put its own request id; the first of these fields counts that is there
/// and readable (the baseline's order unless others are configured).
///
/// Made once; looking allocates nothing.
struct RequestIDFields {
  private enum Place {
    case known(HeaderName)
    case named([UInt8])
  }

  /// `X-Request-Id`, `X-Correlation-Id`, `X-Trace-Id`, `Request-Id`.
  static let usual = ["x-request-id", "x-correlation-id", "x-trace-id", "request-id"]

  private let places: [Place]

  /// The fields of those names.
  init(_ names: [String] = usual) {
    places = names.map { name in
      let bytes = Array(name.utf8)
      let known = bytes.withUnsafeBytes { HeaderName(recognizing: $0) }
      return known == .other ? .named(bytes) : .known(known)
    }
  }

  /// The value of the client's request id, within `base`.
  func find(
    in head: borrowing RequestHead, base: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    for place in places {
      switch place {
      case .known(let name):
        if let value = head.fields.first(name)?.value.of(base), isReadable(value) { return value }
      case .named(let name):
        if let value = find(name, in: head, base), isReadable(value) { return value }
      }
    }
    return nil
  }

  /// Whether an id is visible ASCII, spaces and tabs, and is not empty.
  private func isReadable(_ id: UnsafeRawBufferPointer) -> Bool {
    !id.isEmpty && id.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 }
  }

  private func find(
    _ name: [UInt8], in head: borrowing RequestHead, _ base: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    for place in 0..<head.fields.count {
      let field = head.fields[place]
      guard field.known == .other, Int(field.name.length) == name.count,
        name.withUnsafeBytes({ FieldText.isSameName(field.name.of(base), $0) })
      else { continue }
      return field.value.of(base)
    }
    return nil
  }
}
