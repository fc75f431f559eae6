import Testing
import Vocabulary

@testable import PDRouter

struct SlotPaceTests {
  @Test func `a wait is as long as lately so many took to come free`() {
    var pace = SlotPace(freed: 0, now: at(0))
    for second in 1...20 { pace.look(freed: UInt32(second * 4), now: at(Int64(second) * 1000)) }
    #expect(pace.wait(for: 1, freed: 80, now: at(20_000)) == .milliseconds(250))
    #expect(pace.wait(for: 100, freed: 80, now: at(20_000)) == .seconds(25))
  }

  @Test func `only the last ten seconds count`() {
    var pace = SlotPace(freed: 0, now: at(0))
    for second in 1...10 { pace.look(freed: UInt32(second * 100), now: at(Int64(second) * 1000)) }
    for second in 11...20 { pace.look(freed: 1000, now: at(Int64(second) * 1000)) }
    // Nothing came free since the eleventh second.
    #expect(pace.wait(for: 1, freed: 1000, now: at(21_000)) == .seconds(10))
    #expect(pace.wait(for: 3, freed: 1002, now: at(21_000)) == .seconds(15))
  }

  @Test func `at the very start nothing is known, and the wait is short`() {
    let pace = SlotPace(freed: 7, now: at(0))
    #expect(pace.wait(for: 5, freed: 7, now: at(10)) == .milliseconds(50))
    #expect(pace.wait(for: .max, freed: 7, now: at(10)) <= .seconds(1_000_000_000))
  }

  @Test func `the count may begin anew at zero`() {
    var pace = SlotPace(freed: .max - 1, now: at(0))
    for second in 1..<10 { pace.look(freed: .max, now: at(Int64(second) * 1000)) }
    #expect(pace.wait(for: 1, freed: 8, now: at(10_000)) == .seconds(1))
  }
}
