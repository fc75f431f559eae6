internal import Glibc

/// Reads a file of client keys: a line `name: key` each, empty lines and lines that begin with `#`
/// between them.
enum ClientKeyFile {
  /// Bytes of a file; more is a fault.
  static let longest = 1024 * 1024

  /// The keys of the file at `path`, and what is wrong with it, a sentence each with the number of
  /// the line. Reads the whole file at once: for start-up and rare re-reading, not for a loop.
  static func read(_ path: String) -> (keys: [ClientKey], faults: [String]) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      return ([], ["\(path): cannot be read (\(String(cString: strerror(errno))))"])
    }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      guard count >= 0 else {
        if errno == EINTR { continue }
        return ([], ["\(path): cannot be read (\(String(cString: strerror(errno))))"])
      }
      guard count > 0 else { break }
      bytes += piece[..<count]
      guard bytes.count <= longest else {
        return ([], ["\(path): is larger than \(longest) bytes"])
      }
    }
    return parse(String(decoding: bytes, as: UTF8.self), path: path)
  }

  /// The keys in `text`, and what is wrong with it; `path` is for the sentences.
  static func parse(_ text: String, path: String) -> (keys: [ClientKey], faults: [String]) {
    var keys: [ClientKey] = []
    var faults: [String] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (place, line) in lines.enumerated() {
      let line = trimmed(line)
      guard !line.isEmpty, line.first != "#" else { continue }
      do throws(ClientKey.Fault) {
        keys.append(try key(in: line, beside: keys))
      } catch {
        faults.append("\(path):\(place + 1): \(error.message)")
      }
    }
    if keys.isEmpty, faults.isEmpty { faults = ["\(path): holds no key"] }
    return (keys, faults)
  }

  private static func key(
    in line: Substring, beside keys: [ClientKey]
  ) throws(ClientKey.Fault) -> ClientKey {
    guard let colon = line.firstIndex(of: ":") else {
      throw ClientKey.Fault(message: "a line is 'name: key'")
    }
    let key = try ClientKey(
      name: String(trimmed(line[..<colon])),
      key: String(trimmed(line[line.index(after: colon)...])))
    guard !keys.contains(where: { $0.name == key.name }) else {
      throw ClientKey.Fault(message: "the name '\(key.name)' is given twice")
    }
    if let other = keys.first(where: { $0.digest == key.digest }) {
      throw ClientKey.Fault(message: "the key of '\(key.name)' is that of '\(other.name)'")
    }
    return key
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
