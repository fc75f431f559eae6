/// Tells which bytes may be the value of a header field.
public enum FieldText {
  /// Whether `bytes` hold no control character except tab (RFC 9110 §5.5), so that they cannot end
  /// a line or a head.
  public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return ByteSearch.firstControl(base, from: 0, to: bytes.count) == bytes.count
  }
}
