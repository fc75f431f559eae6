internal import Vocabulary

/// A path below `/v1/responses/`: which stored response it names, and what is asked of it.
struct ResponsePath {
  /// What is asked.
  let endpoint: Endpoint
  /// The response's id as it stands in the path; never empty, and without a slash.
  let id: UnsafeRawBufferPointer

  private static let prefix: StaticString = "/v1/responses/"
  private static let actions: [(StaticString, Endpoint)] = [
    ("cancel", .responseCancel), ("input", .responseInput), ("input_items", .responseInputItems),
  ]

  /// The parts of `path`; nil when it is no such path.
  init?(_ path: UnsafeRawBufferPointer) {
    let prefix = ResponsePath.bytes(of: ResponsePath.prefix)
    guard path.count > prefix.count, path.starts(with: prefix) else { return nil }
    let rest = path[prefix.count...]
    let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
    guard end > rest.startIndex else { return nil }
    id = UnsafeRawBufferPointer(rebasing: rest[..<end])
    guard end < rest.endIndex else {
      endpoint = .storedResponse
      return
    }
    let action = rest[(end + 1)...]
    let known = ResponsePath.actions.first {
      action.elementsEqual(ResponsePath.bytes(of: $0.0))
    }
    guard let known else { return nil }
    endpoint = known.1
  }

  /// The path of the response itself.
  var text: String { "/v1/responses/" + String(decoding: id, as: UTF8.self) }

  private static func bytes(of word: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
  }
}
