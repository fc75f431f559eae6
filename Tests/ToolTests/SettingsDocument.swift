import Glibc
import Testing

/// A settings file on disk for the time of one test.
final class SettingsDocument {
  let path: String

  init(_ text: String) throws {
    var template = Array("/tmp/vllm-router-settings-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let bytes = Array(text.utf8)
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
  }

  deinit { unlink(path) }
}
