import JSONFields
import Testing
import Vocabulary

/// Short tokens are read several bytes at a time where there are as many before the end of the
/// text, and byte by byte where there are not: both must find the same.
struct ShortTokenTests {
  private static let blanks = (0...24).map { String(repeating: " ", count: $0) }

  @Test(arguments: ValidDocumentTests.documents)
  func `a valid document is taken with any number of blanks after it`(_ document: String) throws {
    for blanks in ShortTokenTests.blanks {
      #expect(refusal("\(document)\(blanks)".utf8) == nil)
      let body = "{\"n\":\(document)}\(blanks)"
      let found = try fields(body.utf8).get()
      #expect(text(found[.n], of: body) == document.trimmingJSONSpace())
      #expect(found.range.upperBound == body.utf8.count - blanks.utf8.count)
    }
  }

  @Test(
    arguments: InvalidDocumentTests.structure + InvalidDocumentTests.scalars
      + InvalidDocumentTests.strings)
  func `an invalid document is refused alike with any number of blanks after it`(
    _ row: InvalidDocumentTests.Row
  ) {
    // What ends early ends elsewhere when it is longer.
    guard row.error.kind != .unexpectedEnd, row.error.kind != .empty else { return }
    for blanks in ShortTokenTests.blanks {
      #expect(refusal(row.bytes + blanks.utf8) == row.error)
      let nested = Array("[{\"a\":".utf8) + row.bytes + Array(blanks.utf8)
      if row.error.kind != .trailingBytes, row.error.kind != .byteOrderMark {
        #expect(refusal(nested) == JSONError(row.error.kind, at: row.error.offset + 6))
      }
    }
  }

  @Test(arguments: JSONFields.Key.allCases)
  func `every key is found however its colon is written and wherever the text ends`(
    _ key: JSONFields.Key
  ) throws {
    for colon in [":", ": ", " :", " : ", ":  ", ":\t", "\n:", ": \n", ":        "] {
      for blanks in ShortTokenTests.blanks {
        for value in ["1", "[]", "\"\"", "null", "\":\""] {
          let body = "{\"\(key.name)\"\(colon)\(value)}\(blanks)"
          let found = try fields(body.utf8).get()
          #expect(text(found[key], of: body) == value)
          for other in JSONFields.Key.allCases where other != key { #expect(found[other] == nil) }
        }
      }
    }
  }

  @Test(arguments: JSONFields.Key.allCases)
  func `a name that only looks like a key is another field wherever the text ends`(
    _ key: JSONFields.Key
  ) throws {
    let name = "\(key.name)"
    var others = [name + "s", name + "\\\"", name + ":", "\\" + "\\" + name, name + "é", ""]
    others.append(String(name.dropLast()))
    others += name.indices.map { name.replacingCharacters(at: $0, with: "~") }
    others += name.indices.map { name.replacingCharacters(at: $0, with: "é") }
    for other in others {
      for blanks in ["", String(repeating: " ", count: 24)] {
        let found = try fields("{\"\(other)\":1}\(blanks)".utf8).get()
        #expect(found[key] == nil, "\(other)")
      }
    }
  }

  @Test func `members are found with every separator between them`() throws {
    for comma in [",", ", ", " ,", " , ", ",  ", ",\n", "\t,\r\n    "] {
      for end in ["}", " }", "  }", "\n}", "} ", "}                        "] {
        let body = "{\"model\":\"m\"\(comma)\"n\":2\(comma)\"stream\":true\(end)"
        let found = try fields(body.utf8).get()
        #expect(text(found[.model], of: body) == "\"m\"")
        #expect(text(found[.n], of: body) == "2")
        #expect(text(found[.stream], of: body) == "true")
      }
      for wrong in ["}", "]", "1", ":", ",", "x", "\u{0}"] {
        let body = "{\"model\":\"m\"\(comma)"
        let error = JSONError(.unexpectedByte, at: body.utf8.count)
        for blanks in ["", String(repeating: " ", count: 24)] {
          #expect(throws: error) { try fields((body + wrong + blanks).utf8).get() }
        }
        #expect(throws: JSONError(.unexpectedEnd, at: body.utf8.count)) {
          try fields(body.utf8).get()
        }
      }
    }
  }

  @Test func `a string ends at its quote whatever its length and whatever follows`() throws {
    for length in 0...150 {
      let content = String(repeating: "a", count: length)
      for rest in ["}", "} ", ",\"n\":1}", ",\"user\":\"0123456789abcdefghij\"}"] {
        let body = "{\"text\":\"\(content)\"\(rest)"
        #expect(try text(fields(body.utf8).get()[.text], of: body) == "\"\(content)\"")
        let named = "{\"\(content)\":1,\"text\":\"\(content)\"\(rest)"
        #expect(try text(fields(named.utf8).get()[.text], of: named) == "\"\(content)\"")
      }
      #expect(refusal("\"\(content)".utf8) == JSONError(.unexpectedEnd, at: length + 1))
    }
  }

  @Test func `a special byte is seen at every place of a string of every length`() {
    for length in stride(from: 1, through: 90, by: 1) {
      for place in 0..<length {
        var content = [UInt8](repeating: UInt8(ascii: "a"), count: length)
        content[place] = 0x1F
        #expect(refusal(quoted(content)) == JSONError(.controlCharacter, at: place + 1))
        content[place] = 0x80
        #expect(refusal(quoted(content)) == JSONError(.invalidUTF8, at: place + 1))
        content[place] = UInt8(ascii: "\\")
        let next = place + 1 < length
        // Either the letter that follows is no escape, or the closing quote is one.
        #expect(
          refusal(quoted(content))
            == JSONError(next ? .invalidEscape : .unexpectedEnd, at: place + 2 + (next ? 0 : 1)))
        content[place] = UInt8(ascii: "\"")
        #expect(refusal(quoted(content)) == JSONError(.trailingBytes, at: place + 2))
        content[place] = 0x7F
        #expect(refusal(quoted(content)) == nil)
      }
    }
  }

  private func quoted(_ content: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
  }
}
