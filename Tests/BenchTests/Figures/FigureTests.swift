import Testing
import Vocabulary

@testable import Bench

/// Means, percentiles, goals and rates.
@Suite struct FigureTests {
  /// Values in ms and what numpy says of them: mean, median, std, percentiles 0, 25, 90, 99, 100.
  static let samples: [([Int], Double, Double, Double, [Double])] = [
    ([10], 10, 10, 0, [10, 10, 10, 10, 10]), ([10, 20], 15, 15, 5, [10, 12.5, 19, 19.9, 20]),
    ([40, 10, 30, 20], 25, 25, 11.180339887, [10, 17.5, 37, 39.7, 40]),
    ([1, 2, 3, 4, 100], 22, 3, 39.012818406, [1, 2, 61.6, 96.16, 100]),
    (Array(1...100), 50.5, 50.5, 28.866070048, [1, 25.75, 90.1, 99.01, 100]),
  ]

  @Test(arguments: samples)
  func `figures are numpy's`(
    _ values: [Int], _ mean: Double, _ median: Double, _ deviation: Double,
    _ percentiles: [Double]
  ) {
    var sample = Sample()
    var histogram = GapHistogram()
    for value in values {
      sample.record(.milliseconds(value))
      histogram.record(.milliseconds(value))
    }
    let shares = [0.0, 25, 90, 99, 100]
    for (summary, tolerance) in [(sample.summary(shares), 1e-9), (histogram.summary(shares), 5e-4)]
    {
      #expect(abs(summary.mean - mean) < 1e-9 * mean + 1e-9)
      #expect(abs(summary.deviation - deviation) < 1e-6)
      #expect(abs(summary.median - median) <= tolerance * median)
      for (found, wanted) in zip(summary.percentiles, percentiles) {
        #expect(abs(found.value - wanted) <= tolerance * wanted, "\(found)")
      }
    }
  }

  @Test func `without values all is zero`() {
    for summary in [Sample().summary([50]), GapHistogram().summary([50])] {
      #expect(summary.mean == 0 && summary.median == 0 && summary.deviation == 0)
      #expect(summary.percentiles.map(\.value) == [0])
    }
  }

  @Test func `a histogram knows durations from nothing to centuries to half a thousandth`() {
    for nanoseconds in [0, 1, 1023, 1024, 1025, 2047, 2048, 4095, 123_456_789, Int64.max] {
      var histogram = GapHistogram()
      histogram.record(.nanoseconds(nanoseconds))
      let found = histogram.summary([]).median * 1e6
      #expect(abs(found - Double(nanoseconds)) <= 0.0005 * Double(nanoseconds))
    }
    var histogram = GapHistogram()
    histogram.record(.nanoseconds(-5))
    #expect(histogram.count == 1 && histogram.summary([]).mean == 0)
  }

  @Test func `goals are read, and met at their limit`() throws {
    let goals = try Goodput(["ttft:200", "tpot:50.5", "e2el:3000"])
    #expect(goals.firstToken == .milliseconds(200) && goals.perToken == .microseconds(50_500))
    let (most, token, end) = (
      Duration.milliseconds(200), Duration.microseconds(50_500), Duration.seconds(3)
    )
    #expect(goals.isMet(firstToken: most, perToken: token, whole: end))
    let more = Duration.nanoseconds(1)
    #expect(!goals.isMet(firstToken: most + more, perToken: token, whole: end))
    #expect(!goals.isMet(firstToken: most, perToken: token + more, whole: end))
    #expect(!goals.isMet(firstToken: most, perToken: token, whole: end + more))
    #expect(goals.isMet(firstToken: most, perToken: nil, whole: end))
    #expect(try Goodput([]).isEmpty && !goals.isEmpty)
  }

  @Test(arguments: ["ttft", "ttft:", "ttft:x", "ttft:-1", "itl:5", "ttft:1:2", "", ":", "e2el:nan"])
  func `what is no goal is refused`(_ text: String) {
    #expect(throws: Goodput.Fault.self) { try Goodput([text]) }
  }

  @Test func `tokens are counted by tenths of seconds, and the best second is found`() {
    var clock = TokenClock()
    for milliseconds in [0, 99, 100, 950, 1000, 1000, 1999, 5000] {
      clock.record(1, at: .milliseconds(milliseconds))
    }
    clock.record(3, at: .milliseconds(-5))
    #expect(clock.steps[0] == 5 && clock.steps[1] == 1 && clock.steps[10] == 2)
    #expect(clock.steps.count == 51 && clock.mostPerSecond == 7)
    #expect(TokenClock().mostPerSecond == 0)
  }

  @Test func `failures are counted by kind, with three different texts of each`() {
    var book = FailureBook()
    for number in 0..<9 {
      book.record(RequestFailure(kind: "HTTP 500", detail: "text \(number / 2)"))
    }
    book.record(RequestFailure(kind: "timed out"))
    #expect(
      book.lines == [
        "9 × HTTP 500", "    text 0", "    text 1", "    text 2", "1 × timed out",
      ])
    for number in 0..<100 { book.record(RequestFailure(kind: "kind \(number)")) }
    #expect(book.entries.count == 32 && book.count == 110)
  }

  @Test(arguments: [
    (0, 2, "0.00"), (0.005, 2, "0.01"), (12.3, 2, "12.30"), (-1.5, 1, "-1.5"), (99.5, 0, "100"),
    (0.07, 1, "0.1"), (1e300, 2, "1e+300"), (.infinity, 2, "inf"),
  ])
  func `numbers have their decimals`(_ number: Double, _ decimals: Int, _ text: String) {
    #expect(FixedText.text(number, decimals: decimals) == text)
  }
}
