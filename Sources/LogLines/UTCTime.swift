internal import Glibc
public import Vocabulary

/// A moment of the calendar, in UTC, to the millisecond: what a log line begins with.
///
/// Pure arithmetic (no time zone data, no leap seconds), so that it costs little and any moment can
/// be tested. Years 1970 to 9999.
public struct UTCTime: Equatable, Sendable {
  /// Days since 1970-01-01.
  public let day: Int
  private let milliseconds: Int

  private static let millisecondsPerDay = 86_400_000

  /// The moment so many milliseconds after the beginning of 1970; not negative.
  public init(milliseconds: Int) {
    precondition(milliseconds >= 0, "the log has no moments before 1970")
    day = milliseconds / UTCTime.millisecondsPerDay
    self.milliseconds = milliseconds % UTCTime.millisecondsPerDay
  }

  /// The system's wall clock.
  public static var now: UTCTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UTCTime(milliseconds: max(0, time.tv_sec * 1000 + time.tv_nsec / 1_000_000))
  }

  /// Year, month and day of the month (Gregorian).
  var date: (year: Int, month: Int, day: Int) {
    // Years that begin on 1 March end with the leap day, if there is one.
    let days = day + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let isNextYear = month >= 10
    return (
      era * 400 + year + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
  }

  /// Appends `YYYY-MM-DD`.
  public func appendDate(to text: inout ByteBuffer) {
    let (year, month, day) = date
    text.append(decimal: year, width: 4)
    text.append(UInt8(ascii: "-"))
    text.append(decimal: month, width: 2)
    text.append(UInt8(ascii: "-"))
    text.append(decimal: day, width: 2)
  }

  /// Appends date and time as RFC 3339 has it: `YYYY-MM-DDThh:mm:ss.mmmZ`.
  public func append(to text: inout ByteBuffer) {
    appendDate(to: &text)
    text.append(UInt8(ascii: "T"))
    text.append(decimal: milliseconds / 3_600_000, width: 2)
    text.append(UInt8(ascii: ":"))
    text.append(decimal: milliseconds / 60_000 % 60, width: 2)
    text.append(UInt8(ascii: ":"))
    text.append(decimal: milliseconds / 1000 % 60, width: 2)
    text.append(UInt8(ascii: "."))
    text.append(decimal: milliseconds % 1000, width: 3)
    text.append(UInt8(ascii: "Z"))
  }
}
