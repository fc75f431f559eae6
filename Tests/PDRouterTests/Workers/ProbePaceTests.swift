import Testing
import Vocabulary

@testable import PDRouter

struct ProbePaceTests {
  /// The waits in these situations one after the other, as they are due: `s` settled, `d` doubted,
  /// `a` away, `r` returning.
  private func waits(_ situations: String, interval: Int = 60) -> [Double] {
    var pace = ProbePace(interval: .seconds(interval))
    return situations.map { word in
      let situation: ProbePace.Situation =
        switch word {
        case "d": .doubted
        case "a": .away
        case "r": .returning
        default: .settled
        }
      var seconds: [Double] = []
      let before = pace
      for seed in 0..<200 {
        pace = before
        var generator = SplitMix64(seed: UInt64(seed))
        seconds.append(pace.next(situation, using: &generator).inSeconds)
      }
      let longest = seconds.max() ?? 0
      // Never in step, never far from what is due.
      #expect(Set(seconds).count > 190)
      #expect((seconds.min() ?? 0) >= longest * 0.49)
      return longest
    }
  }

  @Test(
    arguments: [
      ("sss", 60, [60, 60, 60]), ("dddddddd", 60, [1, 1, 1, 2, 4, 5, 5, 5]),
      ("dds", 60, [1, 1, 60]), ("ddsd", 60, [1, 1, 60, 1]), ("aaar", 60, [1, 1, 1, 0.5]),
      ("ddddd", 3, [1, 1, 1, 2, 3]), ("sdar", 1, [1, 1, 1, 0.5]),
    ] as [(String, Int, [Double])])
  func `engines in doubt, away or coming back are asked within seconds, and none too late`(
    situations: String, interval: Int, due: [Double]
  ) {
    for (wait, due) in zip(waits(situations, interval: interval), due) {
      #expect(wait <= due && wait > due * 0.97)
    }
  }

  @Test func `an engine that stays away is asked every two seconds in the end`() {
    let waits = waits(String(repeating: "a", count: 40))
    #expect(waits[29] <= 1 && waits[30] > 1.9 && waits[39] <= 2)
  }

  @Test func `the first regular wait spreads a fleet over half an interval, later ones a tenth`() {
    var (first, second): ([Double], [Double]) = ([], [])
    for seed in 0..<300 {
      var generator = SplitMix64(seed: UInt64(seed))
      var pace = ProbePace(interval: .seconds(60))
      first.append(pace.next(.settled, using: &generator).inSeconds)
      second.append(pace.next(.settled, using: &generator).inSeconds)
    }
    #expect((first.min() ?? 0) < 32 && (first.max() ?? 0) > 58)
    #expect((second.min() ?? 0) >= 54 && (second.max() ?? 0) <= 60)
  }
}
