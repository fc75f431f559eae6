/// Reads traces in the form of the Azure public dataset: comma-separated values, columns by name.
///
/// Times are `2023-11-16 18:15:46.6805900`, perhaps with `T`, and with a zone behind that is taken
/// to be the same on every line.
enum AzureTrace {
  private static let names = ["timestamp", "contexttokens", "generatedtokens"]

  /// The requests in the order of the file; offsets are times since 1970.
  static func requests(in bytes: UnsafeRawBufferPointer) throws(TraceFault) -> [TraceRequest] {
    let lines = Trace.lines(of: bytes)
    guard let head = lines.first else { return [] }
    let columns = cells(of: head.bytes).map { $0.lowercased().filter { $0 != "\u{FEFF}" } }
    var places: [Int] = []
    for name in names {
      guard let place = columns.firstIndex(of: name) else {
        throw TraceFault(
          line: head.number,
          message: "not a line of names with TIMESTAMP, ContextTokens and GeneratedTokens")
      }
      places.append(place)
    }
    var requests: [TraceRequest] = []
    for (number, line) in lines.dropFirst() {
      requests.append(try request(in: cells(of: line), places, number))
    }
    return requests
  }

  private static func request(
    in cells: [String], _ places: [Int], _ number: Int
  ) throws(TraceFault) -> TraceRequest {
    func tokens(_ column: Int) throws(TraceFault) -> Int {
      guard places[column] < cells.count, let count = Int(cells[places[column]]),
        (0...TraceRequest.mostTokens).contains(count)
      else { throw TraceFault(line: number, message: "\(names[column]) is not a number of tokens") }
      return count
    }
    guard places[0] < cells.count, let time = time(cells[places[0]]) else {
      throw TraceFault(line: number, message: "TIMESTAMP is not like 2023-11-16 18:15:46.6805900")
    }
    return TraceRequest(
      offset: time, inputTokens: try tokens(1), outputTokens: try tokens(2), blocks: [])
  }

  private static func cells(of line: UnsafeRawBufferPointer) -> [String] {
    line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { cell in
      String(decoding: cell, as: UTF8.self).filter { $0 != "\"" }
    }
  }

  /// The time since 1970 that `text` says; nil when it is something else.
  static func time(_ text: String) -> Duration? {
    let digits = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int? {
      guard range.upperBound <= digits.count else { return nil }
      var value = 0
      for byte in digits[range] {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte & 15)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      digits[4] == UInt8(ascii: "-"), digits[7] == UInt8(ascii: "-"),
      digits[10] == UInt8(ascii: " ") || digits[10] == UInt8(ascii: "T"),
      digits[13] == UInt8(ascii: ":"), digits[16] == UInt8(ascii: ":"),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var nanoseconds = 0
    if digits.count > 19, digits[19] == UInt8(ascii: ".") {
      var weight = 100_000_000
      for byte in digits[20...] {
        guard byte >= 0x30, byte <= 0x39 else { break }
        nanoseconds += Int(byte & 15) * weight
        weight /= 10
      }
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return .seconds(seconds) + .nanoseconds(nanoseconds)
  }

  /// Days from 1970-01-01 to a date of the Gregorian calendar.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    // Years begin in March here, so that the leap day is the last one.
    let shifted = month > 2 ? year : year - 1
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
