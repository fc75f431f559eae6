import JSONFields

/// One HTTP/1.1 answer as a client reads it; independent of the parsers under test.
struct HTTPAnswer: Equatable {
  var status: Int
  /// Field lines as they came, without their ends.
  var lines: [String]
  var body: String
  /// Whether the body came to its end, other than by the end of the connection.
  var isComplete: Bool

  /// The value of the first field called `name` (in lower case).
  subscript(_ name: String) -> String? {
    let prefix = name + ":"
    return lines.first { $0.lowercased().hasPrefix(prefix) }.map {
      String($0.dropFirst(prefix.count).drop { $0 == " " })
    }
  }

  /// Whether the body is OpenAI's error object with a message, a type and a code.
  var isErrorObject: Bool {
    withBytes(of: body) { bytes in
      guard let root = try? JSONValue(validating: bytes), let error = root["error"] else {
        return false
      }
      return error["message"]?.string?.isEmpty == false && error["type"]?.string != nil
        && error["code"]?.string != nil
    }
  }

  /// The answers in what came over one connection; `hasBody` says for each whether one may follow.
  static func all(
    in bytes: [UInt8], hasBody: (Int) -> Bool = { _ in true }
  ) -> [HTTPAnswer] {
    var answers: [HTTPAnswer] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let end = find(Array("\r\n\r\n".utf8), in: rest) else {
        answers.append(HTTPAnswer(status: 0, lines: [], body: text(rest), isComplete: false))
        break
      }
      var lines = text(rest[..<end]).components(by: "\r\n")
      let status = Int(lines.removeFirst().split(separator: " ").dropFirst().first ?? "") ?? 0
      var answer = HTTPAnswer(status: status, lines: lines, body: "", isComplete: true)
      rest = rest[(end + 4)...]
      if status >= 200, status != 204, status != 304, hasBody(answers.count) {
        answer.readBody(&rest)
      }
      answers.append(answer)
    }
    return answers
  }

  private mutating func readBody(_ rest: inout ArraySlice<UInt8>) {
    if let count = self["content-length"].flatMap({ Int($0) }) {
      isComplete = rest.count >= count
      body = HTTPAnswer.text(rest.prefix(count))
      rest = rest.dropFirst(count)
    } else if self["transfer-encoding"] == "chunked" {
      readChunks(&rest)
    } else {
      isComplete = false
      body = HTTPAnswer.text(rest)
      rest = []
    }
  }

  private mutating func readChunks(_ rest: inout ArraySlice<UInt8>) {
    var data: [UInt8] = []
    isComplete = false
    while let end = HTTPAnswer.find(Array("\r\n".utf8), in: rest),
      let size = Int(HTTPAnswer.text(rest[..<end]), radix: 16)
    {
      let start = end + 2
      guard rest.endIndex - start >= size + 2 else { break }
      data += rest[start..<(start + size)]
      rest = rest[(start + size + 2)...]
      if size == 0 {
        isComplete = true
        break
      }
    }
    if !isComplete { rest = [] }
    body = HTTPAnswer.text(data[...])
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  static func find(_ bytes: [UInt8], in slice: ArraySlice<UInt8>) -> Int? {
    guard slice.count >= bytes.count else { return nil }
    return (slice.startIndex...(slice.endIndex - bytes.count)).first {
      slice[$0] == bytes[0] && slice[$0..<($0 + bytes.count)].elementsEqual(bytes)
    }
  }
}

extension String {
  /// The parts between `separator`s; unlike `split`, by the very bytes.
  func components(by separator: String) -> [String] {
    var parts: [String] = []
    var rest = Array(utf8)[...]
    let mark = Array(separator.utf8)
    while let place = HTTPAnswer.find(mark, in: rest) {
      parts.append(String(decoding: rest[..<place], as: UTF8.self))
      rest = rest[(place + mark.count)...]
    }
    return parts + [String(decoding: rest, as: UTF8.self)]
  }
}
