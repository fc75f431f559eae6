import Glibc
import LogLines

/// A pipe whose reader the test is.
struct Pipe {
  let read: Int32
  let write: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0)
    (read, write) = (ends[0], ends[1])
  }

  /// What lies in it until the writing end is closed, which this does.
  func drain() -> [UInt8] {
    close(write)
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(read, &piece, piece.count)
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    close(read)
    return bytes
  }
}

/// A directory of its own.
func makeTemporaryDirectory() -> String {
  var template = Array("/tmp/log-lines-XXXXXX".utf8CString)
  precondition(mkdtemp(&template) != nil)
  return template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
}

/// The whole of a file; nil when it is not there.
func contents(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(descriptor, &piece, piece.count)
    guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
    bytes += piece[..<count]
  }
}
