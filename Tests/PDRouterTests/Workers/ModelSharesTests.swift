import Testing

@testable import PDRouter

struct ModelSharesTests {
  /// Requests for the first model, for the second one, workers, and whether the second is rare.
  @Test(arguments: [
    (0, 0, 4, false), (0, 1, 4, false), (0, 500, 4, false), (9, 1, 4, true), (9, 3, 4, false),
    (90, 10, 16, false), (90, 5, 16, true), (1, 1, 1, true), (5000, 5, 64, true),
    (5000, 0, 2, true),
  ])
  func `a model is rare that keeps less than one worker busy`(
    common: Int, others: Int, workers: Int, isRare: Bool
  ) {
    var shares = ModelShares()
    for _ in 0..<common { shares.note(1) }
    for _ in 0..<others { shares.note(2) }
    #expect(shares.isRare(2, among: workers) == isRare)
  }

  @Test func `a model that nobody asks for any more becomes rare`() {
    var shares = ModelShares()
    for _ in 0..<1000 { shares.note(1) }
    for _ in 0..<20_000 { shares.note(2) }
    #expect(shares.isRare(1, among: 64) && !shares.isRare(2, among: 2))
  }

  @Test func `counters never overflow`() {
    var shares = ModelShares()
    for _ in 0..<200_000 { shares.note(7) }
    #expect(!shares.isRare(7, among: 1024))
  }
}
