import Testing
import Vocabulary
import Wire

@testable import PDRouter

struct TokenVerdictsTests {
  private func digest(_ number: Int) -> SHA256Digest { SHA256Digest(of: "token-\(number)") }

  private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

  @Test func `a verdict holds until its time is over`() {
    var book = TokenVerdicts(capacity: 10)
    #expect(book.verdict(on: digest(1), now: at(0)) == nil)
    book.note(digest(1), isValid: true, until: at(300))
    book.note(digest(2), isValid: false, until: at(10))
    #expect(book.verdict(on: digest(1), now: at(299)) == true)
    #expect(book.verdict(on: digest(2), now: at(9)) == false)
    #expect(book.verdict(on: digest(2), now: at(10)) == nil)
    #expect(book.verdict(on: digest(1), now: at(300)) == nil)
    book.note(digest(1), isValid: false, until: at(310))
    #expect(book.verdict(on: digest(1), now: at(300)) == false && book.count == 2)
  }

  @Test func `a full book forgets the token that was used longest ago`() {
    var book = TokenVerdicts(capacity: 3)
    for number in 1...3 { book.note(digest(number), isValid: true, until: at(100)) }
    #expect(book.verdict(on: digest(1), now: at(1)) == true)
    book.note(digest(4), isValid: true, until: at(100))
    #expect(book.count == 3 && book.verdict(on: digest(2), now: at(1)) == nil)
    for number in [1, 3, 4] { #expect(book.verdict(on: digest(number), now: at(1)) == true) }
  }

  @Test(arguments: [1, 2, 7, 50])
  func `it agrees with a plain list of the last used`(capacity: Int) {
    var book = TokenVerdicts(capacity: capacity)
    var model: [(number: Int, isValid: Bool)] = []
    var generator = SplitMix64(seed: UInt64(capacity))
    for _ in 0..<3000 {
      let number = Int.random(in: 0..<2 * capacity + 2, using: &generator)
      let place = model.firstIndex { $0.number == number }
      if Bool.random(using: &generator) {
        let known = place.map { model.remove(at: $0) }
        #expect(book.verdict(on: digest(number), now: at(0)) == known?.isValid)
        if let known { model.append(known) }
      } else {
        let isValid = Bool.random(using: &generator)
        book.note(digest(number), isValid: isValid, until: at(1))
        if let place { model.remove(at: place) }
        model.append((number, isValid))
        if model.count > capacity { model.removeFirst() }
      }
      #expect(book.count == model.count && book.count <= capacity)
    }
  }
}
