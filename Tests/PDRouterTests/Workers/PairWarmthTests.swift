import Testing
import Vocabulary

@testable import PDRouter

struct PairWarmthTests {
  private let registry = makeRegistry([.prefill, .prefill, .decode, .decode, .decode])

  private func holds(
    _ warmth: inout PairWarmth, _ book: PairBook, membership: Int = 1, decodes: Int = 3
  ) -> Bool {
    let workers = registry.workers
    return warmth.holds(
      for: Array(workers[..<2]), Array(workers[2..<(2 + decodes)]), in: book,
      membership: membership)
  }

  private func pair(_ number: Int) -> (WorkerID, WorkerID) {
    let workers = registry.workers
    return (workers[number / 3].id, workers[2 + number % 3].id)
  }

  @Test(arguments: [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 5, 1, 3, 4]])
  func `all have met once the last pair has, in whatever order`(order: [Int]) {
    var warmth = PairWarmth()
    var book = PairBook()
    for number in order {
      #expect(!holds(&warmth, book))
      let (prefill, decode) = pair(number)
      book.noteMeeting(prefill: prefill, decode: decode)
    }
    #expect(holds(&warmth, book))
    #expect(holds(&warmth, book))
  }

  @Test(arguments: 0..<6)
  func `a pair that becomes cold is seen, and seen to be warm again`(number: Int) {
    var warmth = PairWarmth()
    var book = PairBook()
    for number in 0..<6 {
      let (prefill, decode) = pair(number)
      book.noteSuccess(prefill: prefill, decode: decode)
    }
    #expect(holds(&warmth, book))
    let (prefill, decode) = pair(number)
    for _ in 0..<3 { _ = book.noteFailure(prefill: prefill, decode: decode, now: .zero) }
    #expect(!holds(&warmth, book))
    book.noteSuccess(prefill: prefill, decode: decode)
    #expect(holds(&warmth, book))
    book.forget(decode)
    #expect(!holds(&warmth, book))
  }

  @Test func `who comes and goes is looked at with the membership`() {
    var warmth = PairWarmth()
    var book = PairBook()
    for number in [0, 1, 3, 4] {
      let (prefill, decode) = pair(number)
      book.noteSuccess(prefill: prefill, decode: decode)
    }
    #expect(holds(&warmth, book, decodes: 2))
    #expect(!holds(&warmth, book, membership: 2, decodes: 3))
    #expect(holds(&warmth, book, membership: 3, decodes: 2))
    #expect(holds(&warmth, book, membership: 4, decodes: 0))
  }

  /// Random events; what is told is what looking at every pair gives.
  @Test(arguments: 0..<10 as Range<UInt64>)
  func `it always says what the book says`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var warmth = PairWarmth()
    var book = PairBook()
    var wasWarm = false
    for _ in 0..<400 {
      let (prefill, decode) = pair(Int(generator.next(upperBound: 6 as UInt64)))
      switch generator.next(upperBound: 24 as UInt64) {
      case 0: book.forget(prefill)
      case 1: _ = book.noteFailure(prefill: prefill, decode: decode, now: .zero)
      default: book.noteSuccess(prefill: prefill, decode: decode)
      }
      let isWarm = (0..<6).allSatisfy { number in
        let (prefill, decode) = pair(number)
        return book.isWarm(prefill: prefill, decode: decode)
      }
      wasWarm = wasWarm || isWarm
      #expect(holds(&warmth, book) == isWarm)
    }
    #expect(wasWarm)
  }
}
