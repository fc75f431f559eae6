import Testing
import Vocabulary
import Wire

@testable import PDRouter

struct BearerTokenTests {
  private func token(_ fields: String) throws -> String? {
    var head = RequestHead()
    var parser = HTTP1RequestParser()
    let bytes = Array(get("/", fields).utf8)
    return try bytes.withUnsafeBytes { bytes in
      _ = try parser.parse(bytes, into: &head)
      return BearerToken.find(in: head, base: bytes).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  @Test(
    arguments: [
      ("Authorization: Bearer abc\r\n", "abc"),
      ("authorization: bearer abc\r\n", "abc"),
      ("AUTHORIZATION: BEARER   a.b-c_d~e+f/g==  \r\n", "a.b-c_d~e+f/g=="),
      ("X-Authorization: Bearer abc\r\n", nil),
      ("Authorization: Basic abc\r\n", nil),
      ("Authorization: abc\r\n", nil),
      ("Authorization: Bearer\r\n", nil),
      ("Authorization: Bearer \r\n", nil),
      ("Authorization: Bearerabc\r\n", nil),
      ("Authorization: Bearer a b\r\n", nil),
      ("Authorization: Bearer a\tb\r\n", nil),
      ("Authorization: Bearer \u{E4}\r\n", nil),
      ("Authorization: Bearer a\r\nAuthorization: Bearer a\r\n", nil),
      ("", nil),
    ] as [(String, String?)])
  func `a token is what follows the scheme, of one field and without doubt`(
    fields: String, expected: String?
  ) throws {
    #expect(try token(fields) == expected)
  }

  @Test func `a token has a longest length`() throws {
    let longest = String(repeating: "x", count: BearerToken.longest)
    #expect(try token("Authorization: Bearer \(longest)\r\n") == longest)
    #expect(try token("Authorization: Bearer \(longest)x\r\n") == nil)
  }
}
