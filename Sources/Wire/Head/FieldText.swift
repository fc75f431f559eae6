/// Tells which bytes may be the value of a header field, and compares names and values.
public enum FieldText {
  /// Whether `bytes` hold no control character except tab (RFC 9110 §5.5), so that they cannot end
  /// a line or a head.
  public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return ByteSearch.firstControl(base, from: 0, to: bytes.count) == bytes.count
  }

  /// Whether `bytes` are a field's name: one or more token characters (RFC 9110 §5.6.2).
  public static func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    return ASCII.isToken(base, from: 0, to: bytes.count)
  }

  /// Whether `bytes`, from a parsed head, begin with `prefix`, which is in lower case, in any case.
  public static func starts(_ bytes: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
    guard let base = bytes.baseAddress, bytes.count >= prefix.utf8CodeUnitCount else {
      return false
    }
    return ASCII.isSame(base, prefix.utf8CodeUnitCount, ignoringCaseAs: prefix)
  }

  /// Whether two names are the same in any case.
  public static func isSameName(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Bool {
    ASCII.isSame(left, ignoringCaseAs: right)
  }
}
