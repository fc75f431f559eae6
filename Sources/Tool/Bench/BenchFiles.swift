internal import Glibc

/// What a benchmark wants of the system: files, the date, descriptors.
enum BenchFiles {
  /// Writes a file whole; makes the folder it is in where that is missing.
  ///
  /// - Throws: `BenchFault`.
  static func write(_ bytes: [UInt8], to path: String) throws(BenchFault) {
    if let mark = path.lastIndex(of: "/"), mark > path.startIndex { makeFolder(path[..<mark]) }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw fault(path) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fault(path) }
      rest = rest.dropFirst(count)
    }
  }

  /// Makes the folder of a file that is to be written later, and sees whether it can be.
  ///
  /// - Throws: `BenchFault`, before the time for a run was spent.
  static func prepare(_ path: String) throws(BenchFault) {
    let mark = path.lastIndex(of: "/")
    if let mark, mark > path.startIndex { makeFolder(path[..<mark]) }
    let folder = mark.map { String(path[...$0]) } ?? "."
    guard access(folder, W_OK | X_OK) == 0 else { throw fault(path) }
    guard access(path, F_OK) != 0 || access(path, W_OK) == 0 else { throw fault(path) }
  }

  /// With those above it; what cannot be made shows when the file is opened.
  private static func makeFolder(_ path: Substring) {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      made += part
      if !made.isEmpty { mkdir(made, 0o755) }
      made += "/"
    }
  }

  private static func fault(_ path: String) -> BenchFault {
    BenchFault("\(path) cannot be written: \(String(cString: strerror(errno)))")
  }

  /// This moment as local time, `20261123-115233`.
  static func date() -> String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Raises the limit of open descriptors as far as it goes, and sees that `connections` fit.
  ///
  /// - Throws: `BenchFault` when they do not.
  static func checkDescriptors(for connections: Int?) throws(BenchFault) {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
    // Besides connections: standard streams, the loop's own, a file.
    let own = 32
    guard let connections, UInt64(connections + own) > limit.rlim_cur else { return }
    throw BenchFault(
      "--max-concurrency \(connections) needs as many descriptors, and \(limit.rlim_cur) are "
        + "allowed (ulimit -n)")
  }
}
