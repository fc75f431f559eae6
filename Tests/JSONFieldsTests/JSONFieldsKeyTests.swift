import JSONFields
import Testing

struct JSONFieldsKeyTests {
  @Test(arguments: JSONFields.Key.allCases)
  func `every key is found under its name and only there`(_ key: JSONFields.Key) throws {
    let body = "{\"\(key.name)\":17}"
    let found = try fields(body.utf8).get()
    for other in JSONFields.Key.allCases {
      #expect((found[other] != nil) == (other == key))
    }
    #expect(text(found[key], of: body) == "17")
  }

  @Test(arguments: JSONFields.Key.allCases)
  func `every key is found when its name is escaped, letter by letter or whole`(
    _ key: JSONFields.Key
  ) throws {
    let name = Array("\(key.name)".unicodeScalars)
    for escaped in 0..<name.count {
      let spelling = name.enumerated().map { $0 == escaped ? escape($1) : String($1) }.joined()
      #expect(try fields("{\"\(spelling)\":1}".utf8).get()[key] != nil)
    }
    #expect(try fields("{\"\(name.map(escape).joined())\":1}".utf8).get()[key] != nil)
  }

  @Test(arguments: JSONFields.Key.allCases)
  func `a name that differs in one letter, by case or in length is another field`(
    _ key: JSONFields.Key
  ) throws {
    let name = "\(key.name)"
    var others = [
      name + "s", name + " ", " " + name, "\\n" + name, name.uppercased(), name + "\\u0000",
    ]
    others.append(String(name.dropLast()))
    for index in name.indices {
      others.append(name.replacingCharacters(at: index, with: "~"))
    }
    for other in others {
      let found = try fields("{\"\(other)\":1}".utf8).get()
      #expect(found[key] == nil, "\(other)")
      #expect(!found.hasDuplicates)
    }
  }

  @Test func `long names with escapes are unknown fields`() throws {
    let name = String(repeating: "\\u0061", count: 400)
    let found = try fields("{\"\(name)\":1,\"n\":2}".utf8).get()
    #expect(found[.n] != nil)
  }

  private func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension String {
  /// This text with another character at `index`.
  func replacingCharacters(at index: Index, with character: Character) -> String {
    String(self[..<index]) + String(character) + String(self[self.index(after: index)...])
  }
}
