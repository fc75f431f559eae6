/// How many handles each mechanism has released.
public struct KVReleaseCounts: Sendable, Equatable {
  private var numbers = SIMD8<Int>(repeating: 0)

  /// The count of `mechanism`.
  public internal(set) subscript(mechanism: KVReleaseMechanism) -> Int {
    get { numbers[Int(mechanism.rawValue)] }
    set { numbers[Int(mechanism.rawValue)] = newValue }
  }

  /// The counts of two ledgers together.
  public static func + (left: KVReleaseCounts, right: KVReleaseCounts) -> KVReleaseCounts {
    var sum = left
    sum.numbers &+= right.numbers
    return sum
  }
}
