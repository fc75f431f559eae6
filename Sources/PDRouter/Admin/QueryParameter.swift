/// One parameter of a request's query, `a=1&b=2`.
enum QueryParameter {
  /// The first value of `name`, its encoding undone; nil when there is none or it is malformed.
  static func value(of name: StaticString, in query: UnsafeRawBufferPointer) -> [UInt8]? {
    let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    for part in query.split(separator: UInt8(ascii: "&")) {
      guard part.count > name.count, part.starts(with: name),
        part[part.startIndex + name.count] == UInt8(ascii: "=")
      else { continue }
      return PercentEncoding.decoded(
        UnsafeRawBufferPointer(rebasing: part.dropFirst(name.count + 1)), plusIsSpace: true)
    }
    return nil
  }

  /// The same as text; nil, too, when it is no UTF-8.
  static func text(of name: StaticString, in query: UnsafeRawBufferPointer) -> String? {
    value(of: name, in: query).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
