import JSONFields
import Testing
import Vocabulary

struct BodyEditsTests {
  /// A body, one change, and the body that comes out, byte for byte.
  struct Row: Sendable, CustomTestStringConvertible {
    let body: String
    let result: String

    init(_ body: String, _ result: String) {
      self.body = body
      self.result = result
    }

    var testDescription: String { body }
  }

  @Test(arguments: [
    Row("{}", "{\"n\":1}"), Row("{ }", "{ \"n\":1}"), Row(" {\n} ", " {\n\"n\":1} "),
    Row("{\"n\":2}", "{\"n\":1}"), Row("{ \"n\" : [2, 3] , \"a\":0}", "{ \"n\" : 1 , \"a\":0}"),
    Row("{\"a\":0}", "{\"a\":0,\"n\":1}"), Row("{\"a\":0 }\n", "{\"a\":0 ,\"n\":1}\n"),
    Row("{\"a\":{}}", "{\"a\":{},\"n\":1}"), Row("{\"a\":\"{\"}", "{\"a\":\"{\",\"n\":1}"),
    Row("{\"\\u006e\":2}", "{\"\\u006e\":1}"),
    Row("{\"a\":{\"n\":2}}", "{\"a\":{\"n\":2},\"n\":1}"),
    Row("{\"n\":2,\"n\":3}", "{\"n\":1}"), Row("{\"n\":2,\"a\":0,\"n\":3}", "{\"a\":0,\"n\":1}"),
    Row("{\"a\":0,\"n\":2 , \"n\":3}", "{\"a\":0 , \"n\":1}"),
    Row("{ \"user\":1 , \"user\":2 }", "{  \"user\":2 ,\"n\":1}"),
  ])
  func `a field that is set is replaced or added at the end`(_ row: Row) throws {
    #expect(try edited(row.body) { edits, _, _ in edits.set(.n, to: "1") } == row.result)
  }

  @Test(arguments: [
    Row("{}", "{}"), Row("{\"a\":0}", "{\"a\":0}"), Row("{\"n\":1}", "{}"),
    Row("{ \"n\" : 1 }", "{  }"),
    Row("{\"n\":1,\"a\":0}", "{\"a\":0}"), Row("{ \"n\":1 , \"a\":0 }", "{  \"a\":0 }"),
    Row("{\"a\":0,\"n\":1}", "{\"a\":0}"), Row("{ \"a\":0 , \"n\":1 }", "{ \"a\":0  }"),
    Row("{\"a\":0,\"n\":1,\"b\":2}", "{\"a\":0,\"b\":2}"),
    Row("{\"n\":\"}\",\"a\":\",\"}", "{\"a\":\",\"}"),
    Row("{\"n\":1,\"n\":2}", "{}"), Row("{\"n\":1,\"n\":2,\"n\":3}", "{}"),
    Row("{\"n\":1,\"a\":0,\"n\":2}", "{\"a\":0}"),
    Row("{\"a\":0,\"n\":1,\"n\":2,\"b\":0}", "{\"a\":0,\"b\":0}"),
    Row("{\"n\":1,\"n\":2,\"a\":0}", "{\"a\":0}"), Row("{\"\\u006E\":{\"n\":1}}", "{}"),
    Row("{\"a\":{\"n\":1}}", "{\"a\":{\"n\":1}}"),
  ])
  func `a field that is removed takes one comma along`(_ row: Row) throws {
    #expect(try edited(row.body) { edits, _, _ in edits.remove(.n) } == row.result)
  }

  @Test(arguments: [
    Row("{}", "{}"), Row("{\"n\":2}", "{\"n\":1}"), Row("{\"a\":{\"n\":2}}", "{\"a\":{\"n\":2}}"),
    Row("{\"n\":2,\"n\":3}", "{\"n\":1}"),
  ])
  func `a field that is set if present is never added`(_ row: Row) throws {
    #expect(try edited(row.body) { edits, _, _ in edits.setIfPresent(.n, to: "1") } == row.result)
  }

  @Test(arguments: [
    Row("{}", "{\"n\":1,\"user\":2}"), Row("{\"echo\":0}", "{\"n\":1,\"user\":2}"),
    Row("{ \"echo\":0 }", "{  \"n\":1,\"user\":2}"),
    Row("{\"user\":0,\"echo\":0}", "{\"user\":2,\"n\":1}"),
    Row("{\"echo\":0,\"rid\":0}", "{\"n\":1,\"user\":2}"),
    Row("{\"echo\":0,\"rid\":0,\"a\":0}", "{\"a\":0,\"n\":1,\"user\":2}"),
    Row("{\"echo\":0,\"a\":0,\"rid\":0}", "{\"a\":0,\"n\":1,\"user\":2}"),
    Row("{\"rid\":0,\"n\":0,\"echo\":0,\"user\":0}", "{\"n\":1,\"user\":2}"),
  ])
  func `changes of several fields go together`(_ row: Row) throws {
    let result = try edited(row.body) { edits, _, _ in
      edits.remove(.rid)
      edits.set(.n, toInteger: 1)
      edits.remove(.echo)
      edits.set(.user, to: "2")
    }
    #expect(result == row.result)
  }

  @Test(arguments: [
    Row("{\"a\":0,\"sampling_params\":{}}", "{\"a\":0,\"sampling_params\":{\"max_tokens\":1}}"),
    Row("{\"sampling_params\":{ \"n\":1 }}", "{\"sampling_params\":{  \"max_tokens\":1}}"),
    Row(
      "{\"sampling_params\":{\"n\":1,\"b\":0,\"max_tokens\":9},\"n\":7}",
      "{\"sampling_params\":{\"b\":0,\"max_tokens\":1},\"n\":7}"),
    Row(
      "{\"sampling_params\":{\"max_tokens\":8,\"n\":1,\"max_tokens\":9,\"n\":2,\"rid\":0}}",
      "{\"sampling_params\":{\"max_tokens\":1,\"rid\":0}}"),
    Row(
      "{\"sampling_params\":{\"max_tokens\":8},\"sampling_params\":{\"b\":0}}",
      "{\"sampling_params\":{\"b\":0,\"max_tokens\":1}}"),
  ])
  func `fields of a nested object are edited like those of the body`(_ row: Row) throws {
    let result = try edited(row.body) { edits, fields, body in
      let nested = try #require(try fields.nested(.samplingParams, in: body))
      edits.set(.maxTokens, toInteger: 1, in: nested)
      edits.remove(.n, in: nested)
      edits.setIfPresent(.user, to: "0", in: nested)
    }
    #expect(result == row.result)
  }

  @Test func `both levels are edited in one go and the outer level wins`() throws {
    let body = "{\"n\":1,\"sampling_params\":{\"n\":2,\"x\":3},\"stream\":true}"
    let both = try edited(body) { edits, fields, bytes in
      let nested = try #require(try fields.nested(.samplingParams, in: bytes))
      edits.set(.n, to: "[4]", in: nested)
      edits.set(.minTokens, to: "6", in: nested)
      edits.remove(.n)
      edits.set(.stream, to: "false")
    }
    #expect(both == "{\"sampling_params\":{\"n\":[4],\"x\":3,\"min_tokens\":6},\"stream\":false}")
    let replaced = try edited(body) { edits, fields, bytes in
      let nested = try #require(try fields.nested(.samplingParams, in: bytes))
      edits.remove(.n, in: nested)
      edits.set(.minTokens, to: "6", in: nested)
      edits.set(.samplingParams, to: "null")
    }
    #expect(replaced == "{\"n\":1,\"sampling_params\":null,\"stream\":true}")
    let removed = try edited(body) { edits, fields, bytes in
      let nested = try #require(try fields.nested(.samplingParams, in: bytes))
      edits.remove(.n, in: nested)
      edits.remove(.n)
      edits.remove(.samplingParams)
    }
    #expect(removed == "{\"stream\":true}")
  }

  @Test func `the last call for a field counts`() throws {
    let result = try edited("{\"n\":0,\"echo\":0}") { edits, _, _ in
      edits.set(.n, to: "1")
      edits.set(.user, to: "1")
      edits.remove(.echo)
      edits.set(.n, toString: "a\"b")
      edits.remove(.user)
      edits.setIfPresent(.echo, toInteger: -5)
    }
    #expect(result == "{\"n\":\"a\\\"b\",\"echo\":-5}")
  }

  @Test func `repeated known names are taken out even when nothing is planned`() throws {
    let body = "{\"model\":\"a\", \"x\":1, \"x\":2, \"m\\u006fdel\" : \"b\"}"
    #expect(try edited(body) { _, _, _ in } == "{ \"x\":1, \"x\":2, \"m\\u006fdel\" : \"b\"}")
  }

  @Test func `an unchanged body is one piece and is the body itself`() throws {
    let body = ExactBytes(" {\"model\":\"a\", \"x\":[1, 2]} ")
    let fields = try JSONFields(validating: body.raw)
    var edits = BodyEdits()
    edits.remove(.n)
    let result = edits.apply(to: fields, of: body.raw)
    #expect(result.pieceCount == 1)
    #expect(result.count == body.raw.count)
    #expect(result.piece(0, of: body.raw).baseAddress == body.raw.baseAddress)
  }

  @Test func `the pieces with a head before them make up the edited body`() throws {
    let body = ExactBytes("{\"n\":3,\"stream\":true,\"messages\":[]}")
    let fields = try JSONFields(validating: body.raw)
    let head = ExactBytes("HEAD ")
    var edits = BodyEdits()
    edits.set(.stream, to: "false")
    edits.set(.maxTokens, toInteger: 1)
    let result = edits.apply(to: fields, of: body.raw)
    let expected = "{\"n\":3,\"stream\":false,\"messages\":[],\"max_tokens\":1}"
    var gathered = ""
    result.withPieces(of: body.raw, after: head.raw) { pieces in
      gathered = String(decoding: pieces.joined(), as: UTF8.self)
    }
    #expect(gathered == "HEAD " + expected)
    var plain = 0
    result.withPieces(of: body.raw) { plain = $0.count }
    #expect(plain == result.pieceCount)
    var visited = [UInt8]()
    result.forEachPiece(of: body.raw) { visited.append(contentsOf: $0) }
    #expect(String(decoding: visited, as: UTF8.self) == expected)
    #expect(result.count == expected.utf8.count)
  }

  @Test func `a plan is empty after it was applied and its storage serves again`() throws {
    var edits = BodyEdits()
    var result = EditedBody()
    for round in 0..<5 {
      let text = "{\"n\":\(round)}"
      let body = ExactBytes(text)
      let fields = try JSONFields(validating: body.raw)
      edits.set(.user, toInteger: round)
      #expect(edits.isEmpty == false)
      edits.apply(to: fields, of: body.raw, into: &result)
      #expect(edits.isEmpty == true)
      var buffer = ByteBuffer()
      result.append(to: &buffer, of: body.raw)
      #expect(contents(buffer) == "{\"n\":\(round),\"user\":\(round)}")
    }
    edits.set(.user, to: "1")
    edits.removeAll()
    #expect(edits.isEmpty == true)
    result.removeAll()
    #expect(result.count == 0 && result.pieceCount == 0)
  }

  @Test func `raw bytes are copied when they are set`() throws {
    let body = ExactBytes("{}")
    let fields = try JSONFields(validating: body.raw)
    var edits = BodyEdits()
    do {
      let handle = ExactBytes("{\"do_remote_prefill\":true}")
      edits.set(.kvTransferParams, toRaw: handle.raw)
    }
    let result = edits.apply(to: fields, of: body.raw)
    var buffer = ByteBuffer()
    result.append(to: &buffer, of: body.raw)
    #expect(contents(buffer) == "{\"kv_transfer_params\":{\"do_remote_prefill\":true}}")
  }
}
