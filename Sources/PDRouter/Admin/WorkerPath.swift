internal import Vocabulary

/// A path below `/workers/`: which worker it names, and what is asked of it.
///
/// The name is the worker's number or its URL, percent-encoded or not. It ends where a known action
/// ends the path; a worker whose URL ends in such a word is named by its number.
struct WorkerPath {
  /// What is asked.
  let endpoint: Endpoint
  /// The name's bytes as they stand in the path.
  let name: UnsafeRawBufferPointer

  private static let prefix: StaticString = "/workers/"
  private static let actions: [(StaticString, Endpoint)] = [
    ("/drain", .workerDrain), ("/undrain", .workerUndrain), ("/drained", .workerDrained),
  ]

  /// The parts of `path`; nil when it is no such path.
  init?(_ path: UnsafeRawBufferPointer) {
    let prefix = WorkerPath.bytes(of: WorkerPath.prefix)
    guard path.count > prefix.count, path.starts(with: prefix) else { return nil }
    let rest = path[prefix.count...]
    for (word, endpoint) in WorkerPath.actions {
      let suffix = WorkerPath.bytes(of: word)
      guard rest.count > suffix.count, rest.suffix(suffix.count).elementsEqual(suffix) else {
        continue
      }
      self.endpoint = endpoint
      name = UnsafeRawBufferPointer(rebasing: rest.dropLast(suffix.count))
      return
    }
    endpoint = .worker
    name = UnsafeRawBufferPointer(rebasing: rest)
  }

  /// The name with its percent-encoding undone (RFC 3986 §2.1); nil when that is malformed.
  var decodedName: String? {
    PercentEncoding.decoded(name).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func bytes(of word: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
  }
}
