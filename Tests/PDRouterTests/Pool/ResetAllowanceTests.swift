import Testing
import Vocabulary

@testable import PDRouter

struct ResetAllowanceTests {
  @Test func `two hundred resets are free at once, and sixteen a second after that`() {
    var allowance = ResetAllowance()
    func take(_ milliseconds: Int64) -> Bool { allowance.take(now: at(milliseconds)) }
    for _ in 0..<200 { #expect(take(5)) }
    #expect(!take(5) && !take(60))
    for second in 1...10 {
      let later = Int64(second) * 1000 + 5
      #expect((0..<20).count { _ in take(later) } == 16)
    }
    #expect((0..<300).count { _ in take(60_000) } == 200)
  }
}
