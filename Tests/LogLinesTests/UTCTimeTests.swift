import Testing
import Vocabulary

@testable import LogLines

struct UTCTimeTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
    (951_782_399_999, "2000-02-28T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (951_868_800_000, "2000-03-01T00:00:00.000Z"), (1_077_926_400_000, "2004-02-28T00:00:00.000Z"),
    (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
    (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
    (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
  ])
  func `a moment is written as the calendar has it`(_ milliseconds: Int, _ text: String) {
    var line = ByteBuffer()
    UTCTime(milliseconds: milliseconds).append(to: &line)
    #expect(String(decoding: line.bytes, as: UTF8.self) == text)
  }

  @Test func `every day has its date, one after the other`() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var day = 0
    for year in 1970..<2110 {
      let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
      for month in 1...12 {
        for date in 1...(lengths[month - 1] + (isLeap && month == 2 ? 1 : 0)) {
          #expect(UTCTime(milliseconds: day * 86_400_000).date == (year, month, date))
          day += 1
        }
      }
    }
  }

  @Test func `now is after this was written`() {
    #expect(UTCTime.now.day > 20_000)
  }
}
