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
    var text: [UInt8] = []
    text.reserveCapacity(name.count)
    var place = 0
    while place < name.count {
      guard name[place] == UInt8(ascii: "%") else {
        text.append(name[place])
        place += 1
        continue
      }
      guard place + 2 < name.count, let high = WorkerPath.digit(name[place + 1]),
        let low = WorkerPath.digit(name[place + 2])
      else { return nil }
      text.append(high << 4 | low)
      place += 3
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func bytes(of word: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
  }
}
