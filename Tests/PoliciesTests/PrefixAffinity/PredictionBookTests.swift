import Policies
import Testing
import Vocabulary

struct PredictionBookTests {
  private let worker = WorkerID(number: 3)

  /// A book after `count` requests of 10 blocks and 1,000 tokens.
  private func note(
    _ count: Int, predicted: Int, cached: Int, in book: PredictionBook
  ) {
    for _ in 0..<count {
      book.note(
        worker, predicted: predicted, of: 10, cached: TokenCount(cached), of: TokenCount(1000))
    }
  }

  /// Predicted blocks of 10, cached tokens of 1,000, whether the worker is trusted after 40 of it.
  @Test(arguments: [
    (10, 1000, true), (10, 960, true), (10, 0, false), (5, 0, false), (5, 450, true),
    (10, 500, false), (10, 700, true), (3, 1000, true), (0, 1000, true), (0, 0, true),
    (1, 0, true), (4, 100, false),
  ])
  func `only promises that are not kept cost trust`(predicted: Int, cached: Int, isTrusted: Bool) {
    let book = PredictionBook()
    note(40, predicted: predicted, cached: cached, in: book)
    #expect(book.isTrusted(worker) == isTrusted)
  }

  @Test func `one broken promise is forgiven and some in a row are not`() {
    let book = PredictionBook()
    note(1, predicted: 10, cached: 0, in: book)
    #expect(book.isTrusted(worker))
    #expect(abs(book.error(of: worker) - 0.125) < 1e-12)
    note(3, predicted: 10, cached: 0, in: book)
    // 1 - (7/8)^4
    #expect(abs(book.error(of: worker) - 0.413818359375) < 1e-12)
    #expect(!book.isTrusted(worker))
  }

  @Test func `trust comes back when promises are kept again, and not before`() {
    let book = PredictionBook()
    note(40, predicted: 10, cached: 0, in: book)
    note(10, predicted: 10, cached: 1000, in: book)
    #expect(!book.isTrusted(worker))
    note(5, predicted: 10, cached: 1000, in: book)
    #expect(book.isTrusted(worker))
  }

  @Test func `a worker of which nothing is predicted any more gets another chance after a while`() {
    let book = PredictionBook()
    note(40, predicted: 10, cached: 0, in: book)
    note(100, predicted: 0, cached: 0, in: book)
    #expect(!book.isTrusted(worker))
    note(1000, predicted: 0, cached: 0, in: book)
    #expect(book.isTrusted(worker))
  }

  @Test func `workers are judged apart, and a forgotten one is new`() {
    let book = PredictionBook()
    note(40, predicted: 10, cached: 0, in: book)
    #expect(book.isTrusted(WorkerID(number: 4)))
    book.forget(worker)
    #expect(book.isTrusted(worker))
    #expect(book.error(of: worker) == 0)
    book.forget(worker)
  }

  @Test(arguments: [
    (-1, 10, 0, 10), (Int.max, 1, Int.min, 1), (5, 0, 1, 1), (5, 10, 1, 0), (5, -1, 5, -1),
    (Int.min, .max, .max, .max),
  ])
  func `numbers that make no sense do no harm`(
    predicted: Int, blocks: Int, cached: Int, tokens: Int
  ) {
    let book = PredictionBook()
    for _ in 0..<100 {
      book.note(
        worker, predicted: predicted, of: blocks, cached: TokenCount(cached),
        of: TokenCount(tokens))
    }
    #expect((0...1).contains(book.error(of: worker)))
  }

  @Test func `more workers than the book has room for are trusted`() {
    let book = PredictionBook()
    for number in 0..<UInt32(PredictionBook.mostWorkers + 5) {
      for _ in 0..<20 {
        book.note(
          WorkerID(number: number * 7), predicted: 10, of: 10, cached: .zero, of: TokenCount(9))
      }
    }
    #expect(!book.isTrusted(WorkerID(number: UInt32(PredictionBook.mostWorkers - 1) * 7)))
    #expect(book.isTrusted(WorkerID(number: UInt32(PredictionBook.mostWorkers) * 7)))
    book.forget(WorkerID(number: 0))
    let late = WorkerID(number: 5)
    for _ in 0..<20 {
      book.note(late, predicted: 10, of: 10, cached: .zero, of: TokenCount(9))
    }
    #expect(!book.isTrusted(late))
  }
}
