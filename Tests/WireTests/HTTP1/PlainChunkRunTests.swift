import Testing
import Wire

private func run(_ text: String) -> PlainChunkRun {
  latin1(text).withUnsafeBytes { PlainChunkRun($0) }
}

struct PlainChunkRunTests {
  @Test(arguments: [
    "1\r\na\r\n", "a\r\n0123456789\r\n", "A\r\n0123456789\r\n", "10\r\n0123456789abcdef\r\n",
    "2\r\n\r\n\r\n",
  ])
  func `a chunk with nothing but its size is plain`(chunk: String) {
    let expected = latin1(chunk).count
    #expect(run(chunk).end == expected)
    #expect(run(chunk + chunk).end == 2 * expected)
    #expect(run(chunk + "0\r\n\r\n").end == expected, "the last chunk is left")
    for end in 0..<chunk.utf8.count {
      let part = String(decoding: Array(chunk.utf8)[..<end], as: UTF8.self)
      #expect(run(part).end == 0, "a part of \(end) bytes")
      #expect(run(chunk + part).end == expected)
    }
  }

  @Test(arguments: [
    "", "0\r\n\r\n", "01\r\na\r\n", "1;x=y\r\na\r\n", "1 \r\na\r\n", " 1\r\na\r\n", "1\na\r\n",
    "1\r\na\n\r", "1\r\nab\r\n", "2\r\na\r\n", "g\r\na\r\n", "\r\n", "-1\r\na\r\n",
    "12345678\r\na\r\n", "fffffff\r\na\r\n", "ffffffffffffffffff\r\na\r\n", "1\r\ra\r\n",
  ])
  func `every other chunk is left to the decoder`(text: String) {
    #expect(run(text) == PlainChunkRun())
    let plain = run("3\r\nabc\r\n" + text)
    #expect(plain.end == 8 && plain.bodyByteCount == 3)
  }
}
