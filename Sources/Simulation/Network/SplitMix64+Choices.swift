public import Vocabulary

/// Choices that stay the same in every version of the standard library, unlike `random(in:using:)`.
extension SplitMix64 {
  /// A number from 0 up to but not including `bound`, which is positive.
  ///
  /// The bias is below `bound` / 2⁶⁴. Source: Lemire, "Fast Random Integer Generation in an
  /// Interval" (TOMACS 2019), without its rejection step.
  @inlinable
  public mutating func number(below bound: UInt64) -> UInt64 {
    precondition(bound > 0)
    return bound.multipliedFullWidth(by: next()).high
  }

  /// A number in `range`, both ends included.
  @inlinable
  public mutating func number(in range: ClosedRange<Int64>) -> Int64 {
    let span = UInt64(bitPattern: range.upperBound &- range.lowerBound) &+ 1
    guard span != 0 else { return Int64(bitPattern: next()) }
    return range.lowerBound &+ Int64(bitPattern: number(below: span))
  }

  /// True with the given chance; draws nothing when the outcome is certain.
  @inlinable
  public mutating func happens(withChance chance: Double) -> Bool {
    guard chance > 0 else { return false }
    guard chance < 1 else { return true }
    return Double(next() >> 11) * 0x1p-53 < chance
  }
}
