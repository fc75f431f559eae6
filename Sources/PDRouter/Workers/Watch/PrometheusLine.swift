/// One sample of a Prometheus text (format 0.0.4): `name{label="value",…} number [time]`.
///
/// A view of bytes that it does not own, valid as long as they are. Takes any bytes: what is no
/// sample is nil, what is no label or number is missing.
struct PrometheusLine {
  /// Bytes of a number; every one that a program prints is shorter.
  private static let longestNumber = 64

  /// The metric's name.
  let name: UnsafeRawBufferPointer
  private let labels: UnsafeRawBufferPointer
  private let rest: UnsafeRawBufferPointer

  /// The sample that `line` is, without its line end; nil when it is none.
  init?(_ line: UnsafeRawBufferPointer) {
    let blank = UInt8(ascii: " ")
    let brace = UInt8(ascii: "{")
    guard let end = line.firstIndex(where: { $0 == brace || $0 == blank }), end > 0,
      line[0] != UInt8(ascii: "#")
    else { return nil }
    name = UnsafeRawBufferPointer(rebasing: line[..<end])
    guard line[end] == brace else {
      labels = UnsafeRawBufferPointer(rebasing: line[end..<end])
      rest = UnsafeRawBufferPointer(rebasing: line[end...])
      return
    }
    guard let close = PrometheusLine.firstUnquoted(UInt8(ascii: "}"), in: line, from: end + 1)
    else { return nil }
    labels = UnsafeRawBufferPointer(rebasing: line[(end + 1)..<close])
    rest = UnsafeRawBufferPointer(rebasing: line[(close + 1)...])
  }

  /// The number, if it is finite.
  var value: Double? {
    let digits = rest.drop { $0 == UInt8(ascii: " ") }.prefix { $0 > UInt8(ascii: " ") }
    guard (1...PrometheusLine.longestNumber).contains(digits.count),
      let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite
    else { return nil }
    return value
  }

  /// The value of the label called `wanted`, its escapes as they are.
  func label(_ wanted: StaticString) -> UnsafeRawBufferPointer? {
    let quote = UInt8(ascii: "\"")
    var place = 0
    while place < labels.count {
      let rest = labels[place...].drop { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") }
      guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals + 1 < labels.count,
        labels[equals + 1] == quote,
        let close = PrometheusLine.closingQuote(in: labels, from: equals + 2)
      else { return nil }
      let name = UnsafeRawBufferPointer(rebasing: rest[..<equals])
      if PrometheusLine.isEqual(name, wanted) {
        return UnsafeRawBufferPointer(rebasing: labels[(equals + 2)..<close])
      }
      place = close + 1
    }
    return nil
  }

  /// Whether `bytes` are those of `text`.
  static func isEqual(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && bytes.starts(with: literal(text))
  }

  /// Whether `bytes` begin with `text`.
  static func hasPrefix(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    bytes.starts(with: literal(text))
  }

  private static func literal(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  private static func firstUnquoted(
    _ wanted: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    var place = start
    while place < bytes.count {
      if bytes[place] == wanted { return place }
      if bytes[place] == UInt8(ascii: "\"") {
        guard let close = closingQuote(in: bytes, from: place + 1) else { return nil }
        place = close
      }
      place += 1
    }
    return nil
  }

  private static func closingQuote(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    var place = start
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "\"") { return place }
      place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
