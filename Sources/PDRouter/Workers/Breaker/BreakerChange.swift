/// A breaker's step from one state to another.
struct BreakerChange: Equatable, Sendable {
  /// The steps there are.
  static let all = [
    BreakerChange(from: .admitting, to: .ejected), BreakerChange(from: .ejected, to: .probing),
    BreakerChange(from: .probing, to: .ejected), BreakerChange(from: .probing, to: .admitting),
  ]

  let from: BreakerState
  let to: BreakerState
}
