import JSONFields
import Testing
import Vocabulary

@testable import PDRouter

struct ModelCatalogueTests {
  private func catalogue(_ text: String) -> ModelCatalogue? {
    withBytes(of: text) { ModelCatalogue($0) }
  }

  @Test(arguments: [
    (#"{"object":"list","data":[{"id":"a"},{"id":"b","parent":"a"}]}"#, ["a", "b"]),
    (#"{"data":[{"id":"a"},{"id":"a","x":1},{"id":""},{"name":"c"},7,{"id":5}]}"#, ["a"]),
    (#"{"data":[{"id":"\u0061\"b"}]}"#, ["a\"b"]), (#"{"data":[]}"#, nil), (#"{"data":{}}"#, nil),
    ("{}", nil), ("[]", nil), ("", nil), ("ok", nil), (#"{"data":[{"id":"a"}]"#, nil),
  ])
  func `the names are those of an answer, and what is none tells nothing`(
    text: String, names: [String]?
  ) {
    #expect(catalogue(text)?.entries.map(\.id) == names)
  }

  @Test func `each model keeps the engine's own words`() {
    let text = #"{"data":[ { "id" : "a" , "max_model_len":1.0e3 } , {"id":"b"}]}"#
    let objects = catalogue(text)?.entries.map { String(decoding: $0.object, as: UTF8.self) }
    #expect(objects == [#"{ "id" : "a" , "max_model_len":1.0e3 }"#, #"{"id":"b"}"#])
  }

  @Test func `too many models, or too long a name, leave room for others`() {
    let ids = (0...ModelCatalogue.mostModels).map { #"{"id":"m\#($0)"}"# }
    let many = catalogue(#"{"data":[\#(ids.joined(separator: ","))]}"#)
    #expect(many?.entries.count == ModelCatalogue.mostModels && many?.takesOthers == true)
    let long = String(repeating: "x", count: ModelCatalogue.longestID + 1)
    let other = catalogue(#"{"data":[{"id":"a"},{"id":"\#(long)"}]}"#)
    #expect(other?.entries.map(\.id) == ["a"] && other?.takesOthers == true)
    #expect(catalogue(#"{"data":[{"id":"a"}]}"#)?.takesOthers == false)
  }

  @Test func `an SGLang engine looks at no name`() {
    #expect(catalogue(#"{"data":[{"id":"a","owned_by":"sglang"}]}"#)?.takesOthers == true)
    #expect(catalogue(#"{"data":[{"id":"a","owned_by":"vllm"}]}"#)?.takesOthers == false)
  }

  @Test func `catalogues are the same by their names alone`() throws {
    let one = try #require(catalogue(#"{"data":[{"id":"a","created":1},{"id":"b"}]}"#))
    let two = try #require(catalogue(#"{"data":[{"id":"b"},{"id":"a","created":2}]}"#))
    let three = try #require(catalogue(#"{"data":[{"id":"a"}]}"#))
    #expect(one.namesTheSame(as: two) && !one.namesTheSame(as: three))
    #expect(!three.namesTheSame(as: two))
  }

  @Test(arguments: [
    (#"{"model":"abc"}"#, "abc"), (#"{"model":"\u0061bc"}"#, "abc"), (#"{"model":""}"#, nil),
    (#"{"model":null}"#, nil), (#"{"model":7}"#, nil), ("{}", nil),
  ])
  func `a name is the same however a client writes it`(body: String, name: String?) throws {
    let number = try withBytes(of: body) { bytes in
      try JSONFields(validating: bytes)[.model].flatMap { ModelName.number(at: $0, of: bytes) }
    }
    #expect(number == name.map { ModelName.number($0) })
  }

  @Test func `names that come by turns are told apart, and each keeps its number`() throws {
    var memo = ModelNameMemo()
    let long = String(repeating: "x", count: 2 * ModelCatalogue.longestID)
    for name in ["a", "a", "b", "ab", long, long, "a", "\\u0061", ""] {
      let (kept, right) = try withBytes(of: #"{"model":"\#(name)"}"#) { bytes in
        let span = try #require(JSONFields(validating: bytes)[.model])
        return (memo.number(at: span, of: bytes), ModelName.number(at: span, of: bytes))
      }
      #expect(kept == right)
    }
  }

  @Test func `garbage and half an answer are no catalogue, and never trap`() {
    let text = #"{"object":"list","data":[{"id":"a","permission":[{"id":"p"}]},{"id":"b"}]}"#
    let bytes = Array(text.utf8)
    for count in bytes.indices {
      #expect(bytes[..<count].withUnsafeBytes { ModelCatalogue($0) } == nil)
      var changed = bytes
      changed[count] ^= 0x15
      _ = changed.withUnsafeBytes { ModelCatalogue($0) }
    }
  }
}
