/// The sums of a weighted least-squares fit with four factors, and its solution.
///
/// Recursive least squares in its information form. The other form keeps the inverse, which grows
/// without bound along a factor that does not vary while old samples are forgotten (a queue that is
/// always empty); here such a factor merely falls back to what `solution` presumes. Cost: some 20
/// multiplications a sample, some 50 a solution, no allocation.
struct NormalEquations {
  /// What is presumed where samples say nothing: nothing costs, except that queued tokens cost what
  /// own tokens do. Small enough to shift a well-observed coefficient by less than 1 %.
  private static let presumption: InlineArray<4, SIMD4<Double>> = [
    SIMD4(1e-4, 0, 0, 0), SIMD4(0, 2e-4, -1e-4, 0), SIMD4(0, -1e-4, 1e-4, 0),
    SIMD4(0, 0, 0, 1e-4),
  ]
  /// Below every exact pivot (the presumption's own are 5e-5 and more), above rounding's.
  private static let leastPivot = 1e-6

  private var matrix: InlineArray<4, SIMD4<Double>> = .init(repeating: .zero)
  private var moments = SIMD4<Double>.zero

  /// Forgets the share `1 - memory` of everything, then takes a sample in with weight 1.
  mutating func add(_ factors: SIMD4<Double>, _ seconds: Double, memory: Double) {
    precondition(memory > 0 && memory < 1)
    for row in 0..<4 {
      matrix[row] = matrix[row] * memory + factors * factors[row]
    }
    moments = moments * memory + factors * seconds
  }

  /// The best coefficients among those not below zero: no work takes negative time.
  ///
  /// A factor that would come out negative is left out, and the rest is solved again; that is not
  /// always the exact constrained optimum, but near it, and done after four rounds at most.
  func solution() -> SIMD4<Double> {
    var left: UInt8 = 0b1111
    while true {
      let candidate = solution(with: left)
      var negative: UInt8 = 0
      for row in 0..<4 where candidate[row] < 0 { negative |= 1 << UInt8(row) }
      if negative == 0 { return candidate }
      precondition(left & negative == negative, "a factor left out has coefficient 0")
      left &= ~negative
    }
  }

  /// The coefficients of the factors in `left`; the others are 0.
  private func solution(with left: UInt8) -> SIMD4<Double> {
    var rows = matrix
    var sides = moments
    for row in 0..<4 { rows[row] += NormalEquations.presumption[row] }
    for factor in 0..<4 where left & 1 << UInt8(factor) == 0 {
      for row in 0..<4 { rows[row][factor] = 0 }
      rows[factor] = .zero
      rows[factor][factor] = 1
      sides[factor] = 0
    }
    return NormalEquations.solve(&rows, &sides)
  }

  /// Gaussian elimination; the matrix is symmetric and positive definite, so no rows are exchanged.
  private static func solve(
    _ rows: inout InlineArray<4, SIMD4<Double>>, _ sides: inout SIMD4<Double>
  ) -> SIMD4<Double> {
    for pivot in 0..<4 {
      rows[pivot][pivot] = max(rows[pivot][pivot], leastPivot)
      for row in (pivot + 1)..<4 {
        let share = rows[row][pivot] / rows[pivot][pivot]
        rows[row] -= rows[pivot] * share
        sides[row] -= sides[pivot] * share
      }
    }
    var result = SIMD4<Double>.zero
    for row in (0..<4).reversed() {
      result[row] = (sides[row] - (rows[row] * result).sum()) / rows[row][row]
    }
    return result
  }
}
