internal import Glibc

/// A file on disk with a name of its own, for as long as somebody holds it.
package final class TemporaryFile: Sendable {
  /// Where it is.
  package let path: String

  /// A file of `text`.
  package init(_ text: String = "") {
    var template = Array("/tmp/vllm-router-test-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    precondition(descriptor >= 0 && close(descriptor) == 0, "a file can be made in /tmp")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    write(text)
  }

  /// Replaces what it holds.
  package func write(_ text: String) {
    guard let file = fopen(path, "w") else { preconditionFailure("it can be written") }
    let status = fputs(text, file)
    precondition(status >= 0 && fclose(file) == 0, "it is written whole")
  }

  deinit { unlink(path) }
}
