import Testing
import Vocabulary

@testable import PDRouter

struct PairBookTests {
  private func id(_ number: Int) -> WorkerID { WorkerID(number: UInt32(number)) }

  @Test func `a pair is cold until it has handed KV over, and each direction is its own`() {
    var book = PairBook()
    #expect(!book.isWarm(prefill: id(0), decode: id(1)))
    let first = book.noteSuccess(prefill: id(0), decode: id(1))
    let second = book.noteSuccess(prefill: id(0), decode: id(1))
    #expect(first && !second)
    #expect(book.isWarm(prefill: id(0), decode: id(1)))
    #expect(!book.isWarm(prefill: id(1), decode: id(0)))
    #expect(!book.isWarm(prefill: id(0), decode: id(2)))
    book.noteMeeting(prefill: id(0), decode: id(2))
    #expect(book.isWarm(prefill: id(0), decode: id(2)))
  }

  /// `+` success, `-` failure, `.` a choice, a digit: so many times ten seconds pass; after each
  /// `E` ejected or `_`.
  @Test(arguments: [
    ("---", "__E"), ("--+--", "_____"), ("---3", "__E_"), ("---2", "__EE"), ("---3.", "__E_E"),
    ("---3.+", "__E_E_"), ("---3.-", "__E_EE"), ("---3.2", "__E_EE"), ("---3.3", "__E_E_"),
    ("---.", "__EE"), ("---+---", "__E___E"), ("---2-2", "__EEEE"), ("---2-3", "__EEE_"),
  ])
  func `three failures in a row eject, thirty seconds later one request probes`(
    events: String, states: String
  ) {
    var book = PairBook()
    var seconds: Int64 = 0
    var seen = ""
    for event in events {
      let now = at(seconds * 1000)
      switch event {
      case "+": book.noteSuccess(prefill: id(3), decode: id(5))
      case "-": _ = book.noteFailure(prefill: id(3), decode: id(5), now: now)
      case ".": book.noteChosen(prefill: id(3), decode: id(5), now: now)
      default: seconds += 10 * Int64(event.wholeNumberValue ?? 0)
      }
      let isEjected = book.isEjected(prefill: id(3), decode: id(5), now: at(seconds * 1000))
      seen += isEjected ? "E" : "_"
      #expect(!book.isEjected(prefill: id(3), decode: id(6), now: now))
    }
    #expect(seen == states)
  }

  @Test func `an ejection is told once, and once more after a failed probe`() {
    var book = PairBook()
    book.noteSuccess(prefill: id(0), decode: id(1))
    let told = (0..<5).map { _ in book.noteFailure(prefill: id(0), decode: id(1), now: .zero) }
    #expect(told == [false, false, true, false, false] && book.badCount == 1)
    #expect(!book.isWarm(prefill: id(0), decode: id(1)))
    book.noteChosen(prefill: id(0), decode: id(1), now: at(30_000))
    let again = (0..<2).map { _ in
      book.noteFailure(prefill: id(0), decode: id(1), now: at(30_001))
    }
    #expect(again == [true, false] && book.badCount == 1)
  }

  @Test func `a worker that is forgotten has met nobody, and its places are used again`() {
    var book = PairBook()
    for number in 0..<4 {
      book.noteSuccess(prefill: id(0), decode: id(10 + number))
      for _ in 0..<3 { _ = book.noteFailure(prefill: id(1), decode: id(10 + number), now: .zero) }
    }
    #expect(book.badCount == 4)
    book.forget(id(10))
    #expect(book.badCount == 3 && !book.isWarm(prefill: id(0), decode: id(10)))
    #expect(!book.isEjected(prefill: id(1), decode: id(10), now: .zero))
    book.forget(id(1))
    #expect(book.badCount == 0 && book.isWarm(prefill: id(0), decode: id(11)))
    for number in 20..<(20 + 3 * PairBook.side) {
      let wasCold = book.noteSuccess(prefill: id(number), decode: id(5000))
      #expect(wasCold)
      book.forget(id(number))
    }
    #expect(book.isWarm(prefill: id(0), decode: id(11)))
    book.forget(id(99))
  }

  @Test func `beyond its limit a pair is neither cold nor ejected`() {
    var book = PairBook()
    for number in 0..<PairBook.side { book.noteSuccess(prefill: id(number), decode: id(1000)) }
    let extra = id(PairBook.side)
    #expect(book.isWarm(prefill: extra, decode: id(1000)))
    let told = (0..<5).map { _ in
      book.noteFailure(prefill: extra, decode: id(1000), now: .zero)
    }
    #expect(!told.contains(true))
    #expect(!book.isEjected(prefill: extra, decode: id(1000), now: .zero))
    book.forget(id(7))
    #expect(!book.isWarm(prefill: extra, decode: id(1000)))
    let isTaken = book.noteSuccess(prefill: extra, decode: id(1000))
    #expect(isTaken)
  }
}
