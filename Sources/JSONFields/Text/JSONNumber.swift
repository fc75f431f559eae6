/// What a number token is worth, without rounding where that is possible.
///
/// Works on the bytes of a *validated* number. Pure; never traps however large the number.
enum JSONNumber {
  /// The number as an integer when it is one exactly and fits (`1`, `1.0`, `10e-1`); nil otherwise.
  static func integer(_ token: UnsafeRawBufferPointer) -> Int? {
    var significand = Significand()
    var position = 0
    let isNegative = token.first == UInt8(ascii: "-")
    if isNegative { position = 1 }
    var fractionDigits = 0
    var inFraction = false
    while position < token.count, token[position] | 0x20 != UInt8(ascii: "e") {
      if token[position] == UInt8(ascii: ".") {
        inFraction = true
      } else {
        guard significand.append(token[position] - UInt8(ascii: "0")) else { return nil }
        if inFraction { fractionDigits += 1 }
      }
      position += 1
    }
    if significand.magnitude == 0 { return 0 }
    let exponent = exponent(token[min(position + 1, token.count)...])
    guard significand.scale(by: exponent - fractionDigits) else { return nil }
    if isNegative {
      let smallest = Int.min.magnitude
      guard significand.magnitude <= smallest else { return nil }
      return Int(truncatingIfNeeded: 0 &- significand.magnitude)
    }
    return Int(exactly: significand.magnitude)
  }

  /// The nearest double; nil when the number is beyond the range of doubles.
  static func double(_ token: UnsafeRawBufferPointer) -> Double? {
    guard let number = Double(String(decoding: token, as: UTF8.self)), number.isFinite else {
      return nil
    }
    return number
  }

  /// The exponent's value, saturated far beyond anything that matters.
  private static func exponent(_ digits: Slice<UnsafeRawBufferPointer>) -> Int {
    var exponent = 0
    for byte in digits {
      let digit = byte &- UInt8(ascii: "0")
      if digit < 10 { exponent = min(exponent * 10 + Int(digit), 1 << 40) }
    }
    return digits.first == UInt8(ascii: "-") ? -exponent : exponent
  }
}
