import SettingsFile
import Testing

/// What a settings file may say, and what it may not.
@Suite struct SettingsTests {
  private static func read(_ text: String) throws(SettingsFault) -> [Setting] {
    try Settings.read(Array(text.utf8))
  }

  @Test func `texts, switches, lists and nothing are told apart`() throws {
    let text = """
      # the pool
      policy: cache_aware
      max_payload_size: 1000
      vllm-pd-disaggregation: true
      disable-retries: off
      log-dir:
      model: "true"
      decode: [http://d1:1, 'http://d2:2']
      prefill:
        - [http://p1:1, 8998]
        - http://p2:2
      request-id-headers: []
      """
    #expect(
      try Self.read(text) == [
        Setting(name: "policy", value: .text("cache_aware"), line: 2),
        Setting(name: "max-payload-size", value: .text("1000"), line: 3),
        Setting(name: "vllm-pd-disaggregation", value: .flag(true, word: "true"), line: 4),
        Setting(name: "disable-retries", value: .flag(false, word: "off"), line: 5),
        Setting(name: "log-dir", value: .nothing, line: 6),
        Setting(name: "model", value: .text("true"), line: 7),
        Setting(name: "decode", value: .list([["http://d1:1"], ["http://d2:2"]]), line: 8),
        Setting(
          name: "prefill", value: .list([["http://p1:1", "8998"], ["http://p2:2"]]), line: 9),
        Setting(name: "request-id-headers", value: .list([]), line: 12),
      ])
  }

  @Test(arguments: ["", "# nothing\n", "---\n", "---\n...\n", "{}"])
  func `an empty file sets nothing`(_ text: String) throws {
    #expect(try Self.read(text).isEmpty)
  }

  @Test(arguments: [
    ("port: 1\nport: 2\n", 2, "set twice"),
    ("max-tree-size: 1\nmax_tree_size: 2\n", 2, "set twice"),
    ("- a\n- b\n", 1, "no mapping"),
    ("just text\n", 1, "no mapping"),
    ("port: {a: b}\n", 1, "takes a text"),
    ("decode:\n  - {a: b}\n", 2, "list of texts"),
    ("decode:\n  - [a, [b]]\n", 2, "list of texts"),
    ("a: &x 1\n", 1, "tags and anchors"),
    ("a: !!int 1\n", 1, "tags and anchors"),
    ("a: *x\n", 1, "takes a text"),
    ("a: 1\n---\nb: 2\n", 2, "more than one document"),
    ("a: [1, 2\n", 2, "not YAML"),
    ("a: 1\n b: 2\n", 2, "not YAML"),
    ("a: 1\n\tb: 2\n", 2, "not YAML"),
    ("[1]: 2\n", 1, "a name is a plain text"),
    ("? {a: b}\n: 2\n", 1, "a name is a plain text"),
  ])
  func `what is no list of settings is a fault with its line`(
    _ text: String, _ line: Int, _ message: String
  ) {
    let fault = #expect(throws: SettingsFault.self) { try Self.read(text) }
    #expect(fault?.message.contains(message) == true, "\(String(describing: fault))")
    #expect(fault?.line == line, "\(String(describing: fault))")
  }

  @Test func `too much of anything is a fault`() {
    let large = [UInt8](repeating: UInt8(ascii: "#"), count: Settings.longestFile + 1)
    #expect(throws: SettingsFault.self) { try Settings.read(large) }
    let many = (0...10_000).map { "k\($0): 1\n" }.joined()
    #expect(throws: SettingsFault.self) { try Self.read(many) }
    let long = "a: [" + (0...10_000).map(String.init).joined(separator: ",") + "]"
    #expect(throws: SettingsFault.self) { try Self.read(long) }
  }

  @Test func `a text cut anywhere is settings or a fault`() {
    let text = Array("a: \"x\\u00e4\"\nb: [1, 'two', [3, 4]]\nc: |\n  text\nd: true\n".utf8)
    for end in text.indices {
      do { _ = try Settings.read(Array(text[..<end])) } catch { #expect(!error.message.isEmpty) }
    }
  }

  @Test func `bytes that are no text are settings or a fault`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 1...60)).map { _ in
        UInt8.random(in: .min ... .max, using: &generator)
      }
      do { _ = try Settings.read(bytes) } catch { #expect(!error.message.isEmpty, "\(bytes)") }
    }
  }
}
