/// A number of tokens; exact or estimated as the holder says.
public struct TokenCount: Hashable, Comparable, Sendable {
  /// How many.
  public var number: Int

  /// No tokens.
  public static let zero = TokenCount(0)

  /// A count of `number` tokens.
  @inlinable
  public init(_ number: Int) {
    self.number = number
  }

  /// Smaller count first.
  @inlinable
  public static func < (left: TokenCount, right: TokenCount) -> Bool {
    left.number < right.number
  }

  /// The sum.
  @inlinable
  public static func + (left: TokenCount, right: TokenCount) -> TokenCount {
    TokenCount(left.number + right.number)
  }
}
