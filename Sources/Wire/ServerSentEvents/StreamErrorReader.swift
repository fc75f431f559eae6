/// Reads whose fault an error event is: the code that engines put into their error object.
///
/// Takes `{"error":{…,"code":400}}` and a `code` beside it, as a number or as its digits in a
/// string. Never allocates; what it cannot follow is nobody's fault.
struct StreamErrorReader {
  private var cursor: JSONCursor

  /// A reader of `data`, which may lack its end.
  init(_ data: UnsafeRawBufferPointer) {
    cursor = JSONCursor(data)
  }

  /// Whether the code is one of HTTP's for faults of the client, 400 to 499.
  mutating func isClientFault() -> Bool {
    guard cursor.enter(UInt8(ascii: "{")) else { return false }
    while let key = cursor.key() {
      if StreamEventKind.isSame(key, "error"), cursor.enter(UInt8(ascii: "{")) {
        while let inner = cursor.key() {
          if isClientCode(inner) { return true }
          guard cursor.isIntact else { return false }
        }
      } else if isClientCode(key) {
        return true
      }
      guard cursor.isIntact else { return false }
    }
    return false
  }

  /// Steps over the value of `key`; whether it is such a code.
  private mutating func isClientCode(_ key: UnsafeRawBufferPointer) -> Bool {
    let isCode = StreamEventKind.isSame(key, "code")
    let start = cursor.nextPlace()
    guard let digits = cursor.string() ?? cursor.value(from: start) else { return false }
    let isNumber = digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    return isCode && isNumber && digits.count == 3 && digits[0] == UInt8(ascii: "4")
  }
}
