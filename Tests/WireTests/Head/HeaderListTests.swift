import Testing
import Vocabulary
import Wire

@Suite struct HeaderListTests {
  static let rows: [(fields: String, lists: Bool)] = [
    ("te: trailers", true),
    ("te: Trailers", true),
    ("te: deflate;q=0.5, trailers", true),
    ("te: trailers ;q=1", true),
    ("te:trailers,gzip", true),
    ("te: gzip\r\nte: trailers", true),
    ("te: ,, ,trailers", true),
    ("te: trailer", false),
    ("te: trailersx", false),
    ("te: x;trailers", false),
    ("te:", false),
    ("te: , ;", false),
    ("trailer: trailers", false),
    ("x: trailers", false),
  ]

  @Test(arguments: rows)
  func `a word is found in a list in any case and with parameters`(
    _ row: (fields: String, lists: Bool)
  ) throws {
    var bytes = ByteBuffer()
    bytes.append("GET / HTTP/1.1\r\nhost: a\r\n" + row.fields + "\r\n\r\n")
    var head = RequestHead()
    var parser = HTTP1RequestParser()
    #expect(try parser.parse(bytes.bytes, into: &head) == bytes.count)
    let lists = head.fields.lists("trailers", in: .te, base: bytes.bytes)
    #expect(lists == row.lists)
  }
}
