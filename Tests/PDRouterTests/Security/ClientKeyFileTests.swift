import TestFiles
import Glibc
import Testing
import Wire

@testable import PDRouter

struct ClientKeyFileTests {
  @Test func `a file has a key a line, with comments and empty lines between them`() {
    let text = "# teams\n\nalpha: sk-1\n  beta :\tsk-2:with:colons  \r\n#gamma: sk-3\n"
    let (keys, faults) = ClientKeyFile.parse(text, path: "f")
    #expect(faults == [] && keys.map(\.name) == ["alpha", "beta"])
    #expect(ClientKeyring.find(SHA256Digest(of: "sk-1"), in: keys)?.name == "alpha")
    #expect(ClientKeyring.find(SHA256Digest(of: "sk-2:with:colons"), in: keys)?.name == "beta")
    #expect(ClientKeyring.find(SHA256Digest(of: "sk-3"), in: keys) == nil)
  }

  @Test func `every bad line is told with its number and never with its key`() {
    let text = """
      good: secret-0
      no colon secret-1
      : secret-2
      empty:
      a b: secret-3
      spaced: secret 4
      good: secret-5
      twin: secret-0
      \(String(repeating: "n", count: 65)): secret-6
      """
    let (_, faults) = ClientKeyFile.parse(text, path: "f")
    #expect(faults.map { $0.prefix { $0 != " " } } == (2...9).map { "f:\($0):" })
    #expect(faults[5].contains("'good' is given twice"))
    #expect(faults[6].contains("the key of 'twin' is that of 'good'"))
    #expect(!faults.contains { $0.contains("secret") })
  }

  @Test func `a file without keys is at fault, so that nothing is open by mistake`() {
    for text in ["", "\n\n", "# only words"] {
      #expect(ClientKeyFile.parse(text, path: "f").faults == ["f: holds no key"])
    }
  }

  @Test func `a file that is not there, or a directory, is at fault`() {
    for path in ["/nowhere/keys", "/"] {
      let (keys, faults) = ClientKeyFile.read(path)
      #expect(keys.isEmpty && faults.count == 1 && faults[0].contains("cannot be read"))
    }
  }

  @Test func `a file is read from the disk`() throws {
    let file = TemporaryFile("a: k1\nb: k2\n")
    let (keys, faults) = ClientKeyFile.read(file.path)
    #expect(keys.map(\.name) == ["a", "b"] && faults == [])
  }

  @Test func `the key that is found does not depend on its place`() throws {
    let keys = try (0..<20).map { try ClientKey(name: "n\($0)", key: "key-\($0)") }
    for number in 0..<20 {
      #expect(ClientKeyring.find(SHA256Digest(of: "key-\(number)"), in: keys)?.name == "n\(number)")
    }
    #expect(ClientKeyring.find(SHA256Digest(of: "key"), in: keys) == nil)
    #expect(ClientKeyring.find(SHA256Digest(of: ""), in: []) == nil)
  }
}
