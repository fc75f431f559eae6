/// Decimal digits gathered into a UInt, trailing zeros kept apart so that `1.000` stays 1.
struct Significand {
  var magnitude: UInt = 0
  var pendingZeros = 0

  /// Adds one digit; says no when the number no longer fits.
  mutating func append(_ digit: UInt8) -> Bool {
    if digit == 0 {
      if magnitude > 0 { pendingZeros += 1 }
      return true
    }
    guard magnitude == 0 || multiply(tens: pendingZeros + 1) else { return false }
    pendingZeros = 0
    let (sum, overflow) = magnitude.addingReportingOverflow(UInt(digit))
    magnitude = sum
    return !overflow
  }

  /// Multiplies by 10^`exponent` and by the zeros kept apart; says no when that is no integer or
  /// too large.
  mutating func scale(by exponent: Int) -> Bool {
    let tens = pendingZeros + exponent
    return tens >= 0 && multiply(tens: tens)
  }

  private mutating func multiply(tens: Int) -> Bool {
    for _ in 0..<tens {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      if overflow { return false }
      magnitude = product
    }
    return true
  }
}
