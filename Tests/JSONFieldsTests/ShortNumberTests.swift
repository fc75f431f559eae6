import JSONFields
import Testing

struct ShortNumberTests {
  private static let letters = Array("0179.eE-+, x".utf8)

  @Test func `every short text is a number exactly when the grammar says so`() throws {
    let grammar = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/
    var taken = 0
    for length in 1...4 {
      for bytes in ShortNumberTests.texts(of: length) {
        let number = String(decoding: bytes, as: UTF8.self)
        let trimmed = number.trimmingJSONSpace()
        let isNumber = try grammar.wholeMatch(in: trimmed) != nil
        if isNumber { taken += 1 }
        for blanks in ["", "        "] {
          let body = "{\"n\":\(number)}\(blanks)"
          let found = try? fields(body.utf8).get()
          #expect((found != nil) == isNumber, "\(body)")
          if isNumber { #expect(text(found?[.n], of: body) == trimmed) }
        }
      }
    }
    #expect(taken > 300)
  }

  @Test(arguments: [
    "1234567", "12345678", "123456789", "1.23456", "1.234567", "1.2345678", "12345.6", "123456.7",
    "1234567.8", "0.00000", "0.000000", "0.0000000", "1000000", "9e9", "1.5e3", "12.5E-3", "0e0",
  ])
  func `a number ends where it ends whatever follows`(_ number: String) throws {
    for rest in ["}", "} ", " }", "\n}", ",\"a\":1}", ",\"é\":\"é\"}", "}                   "] {
      let body = "{\"n\":\(number)\(rest)"
      #expect(try text(fields(body.utf8).get()[.n], of: body) == number)
    }
    for wrong in ["x", "é", "\u{0}", "\"", ":", ".5.", "..", "e", "\u{10FFFF}"] {
      for blanks in ["", "          "] {
        #expect(throws: JSONError.self) {
          try fields("{\"n\":\(number)\(wrong)}\(blanks)".utf8).get()
        }
      }
    }
  }

  @Test(arguments: ["true", "false", "null"])
  func `a literal with one letter changed is refused at that letter`(_ literal: String) throws {
    for blanks in ["", "      "] {
      for (place, index) in literal.indices.enumerated() {
        for letter in ["x", "\u{0}", "é", "\"", " ", "T"] as [Character] {
          let wrong = literal.replacingCharacters(at: index, with: letter)
          let error = JSONError(place == 0 ? .unexpectedByte : .invalidLiteral, at: place + 7)
          if place == 0, letter == "\"" || letter == " " { continue }
          let body = "{\"n\":[ \(wrong)]}\(blanks)"
          #expect(throws: error) { try fields(body.utf8).get() }
        }
      }
      let body = "{\"n\":\(literal)}\(blanks)"
      #expect(try text(fields(body.utf8).get()[.n], of: body) == literal)
      #expect(throws: JSONError(.unexpectedByte, at: 5 + literal.utf8.count)) {
        try fields("{\"n\":\(literal)s}\(blanks)".utf8).get()
      }
    }
  }

  /// Every text of `length` letters.
  private static func texts(of length: Int) -> [[UInt8]] {
    guard length > 0 else { return [[]] }
    return texts(of: length - 1).flatMap { text in letters.map { text + [$0] } }
  }
}
