import Glibc
import Testing

/// A file of keys on the disk, for the length of a test.
final class KeyFile {
  let path: String

  init(_ text: String) throws {
    var name = Array("/tmp/client-keys-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    #expect(descriptor >= 0)
    close(descriptor)
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try write(text)
  }

  /// Replaces what it holds.
  func write(_ text: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
  }

  deinit {
    unlink(path)
  }
}
