/// Why a benchmark cannot be run, in a sentence for its user.
struct BenchFault: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
