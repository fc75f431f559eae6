/// Numbers with so many decimals, as tables show them.
enum FixedText {
  /// `12.30` for 12.3 and two decimals; the number itself where it is beyond whole numbers.
  static func text(_ number: Double, decimals: Int = 2) -> String {
    precondition((0...9).contains(decimals))
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (number * scale).rounded()
    guard scaled.magnitude < 9e15 else { return "\(number)" }
    let digits = String(Int64(scaled.magnitude))
    let sign = scaled < 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// `99` for 99, `99.9` for 99.9: a percentile's name.
  static func share(_ share: Double) -> String {
    share == share.rounded() ? String(Int(share)) : "\(share)"
  }
}
