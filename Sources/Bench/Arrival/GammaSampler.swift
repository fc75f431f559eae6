internal import Glibc
internal import Vocabulary

/// Draws from a gamma distribution with mean 1 up to its scale, which callers set themselves.
///
/// Source: Marsaglia, Tsang, "A simple method for generating gamma variables" (ACM TOMS 26, 2000).
/// Shape 1 is the exponential distribution and drawn as such; infinity is always 1.
struct GammaSampler {
  /// The distribution's shape, above 0.
  let shape: Double

  init(shape: Double) {
    precondition(shape > 0)
    self.shape = shape
  }

  /// One value, 0 or more.
  func draw(using generator: inout SplitMix64) -> Double {
    if shape == .infinity { return 1 }
    if shape == 1 { return -log(GammaSampler.uniform(&generator)) }
    if shape > 1 { return GammaSampler.draw(shape: shape, &generator) }
    let larger = GammaSampler.draw(shape: shape + 1, &generator)
    return larger * pow(GammaSampler.uniform(&generator), 1 / shape)
  }

  private static func draw(shape: Double, _ generator: inout SplitMix64) -> Double {
    let d = shape - 1 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal(&generator)
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(uniform(&generator)) < x * x / 2 + d - d * v + d * log(v) { return d * v }
    }
  }

  /// Above 0 and at most 1.
  private static func uniform(_ generator: inout SplitMix64) -> Double {
    Double((generator.next() >> 11) + 1) * 0x1p-53
  }

  /// By Box and Muller.
  private static func normal(_ generator: inout SplitMix64) -> Double {
    let radius = (-2 * log(uniform(&generator))).squareRoot()
    return radius * cos(2 * Double.pi * uniform(&generator))
  }
}
