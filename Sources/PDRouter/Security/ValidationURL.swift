internal import Vocabulary

/// Where bearer tokens are validated: `http://host:port/path?query`, or the same over
/// `https`, where the server's certificate must lead to an authority of the system's.
struct ValidationURL: Equatable, Sendable {
  /// The server; a name for its connections only.
  let server: WorkerURL
  /// Path and query as they are asked for.
  let target: String

  /// The URL that `text` spells.
  ///
  /// - Throws: `WorkerURL.Fault` for another scheme, a bad host or port, user information, or
  ///   characters that no URL has.
  init(_ text: String) throws(WorkerURL.Fault) {
    func fault(_ reason: String) -> WorkerURL.Fault {
      WorkerURL.Fault(message: "'\(text)': \(reason)")
    }
    guard let scheme = text.firstRange(of: "://") else {
      throw fault("a validation URL starts with http:// or https://")
    }
    let rest = text[scheme.upperBound...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    guard !rest[..<end].contains("@") else { throw fault("a validation URL has no user") }
    server = try WorkerURL(String(text[..<end]))
    let target = rest[end...]
    self.target = target.first == "/" ? String(target) : "/" + target
    guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
      throw fault("it holds characters that a URL cannot have")
    }
  }
}
