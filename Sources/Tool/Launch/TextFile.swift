internal import Glibc
internal import SettingsFile

/// Reads small files whole.
enum TextFile {
  /// The bytes of the file at `path`.
  ///
  /// - Throws: `SettingsFault` of the whole file when it cannot be read, or has more than `limit`
  ///   bytes.
  static func read(_ path: String, limit: Int) throws(SettingsFault) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(errno) }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else {
        throw SettingsFault(line: 0, message: "the file is larger than \(limit) bytes")
      }
      bytes += piece[..<count]
    }
  }

  private static func unreadable(_ code: Int32) -> SettingsFault {
    SettingsFault(line: 0, message: "the file cannot be read: \(String(cString: strerror(code)))")
  }
}
