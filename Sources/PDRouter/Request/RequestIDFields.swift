internal import Wire

/// Where a client may have put its own request id: `X-Request-Id`, `X-Correlation-Id`, `X-Trace-Id`
/// or `Request-Id`, the first of these that is present (baseline §2.1's order).
enum RequestIDFields {
  /// The value of the client's request id, within `base`.
  static func find(
    in head: borrowing RequestHead, base: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    if let field = head.fields.first(.xRequestID) ?? head.fields.first(.xCorrelationID) {
      return field.value.of(base)
    }
    return find("x-trace-id", in: head, base) ?? find("request-id", in: head, base)
  }

  private static func find(
    _ name: StaticString, in head: borrowing RequestHead, _ base: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    for place in 0..<head.fields.count {
      let field = head.fields[place]
      guard field.known == .other, Int(field.name.length) == name.utf8CodeUnitCount,
        FieldText.starts(field.name.of(base), with: name)
      else { continue }
      return field.value.of(base)
    }
    return nil
  }
}
