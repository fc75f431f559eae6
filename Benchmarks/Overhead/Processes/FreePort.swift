internal import Glibc

/// Ports of the loopback interface.
enum FreePort {
  /// A port nobody listens on now.
  static func take() throws(BenchmarkError) -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .noPort }
    defer { close(descriptor) }
    var address = loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutableBytes(of: &address) {
      let pointer = $0.assumingMemoryBound(to: sockaddr.self).baseAddress!
      return bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
    }
    guard isBound else { throw .noPort }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Waits until someone listens on `port`, at most ten seconds.
  static func awaitListener(on port: UInt16) throws(BenchmarkError) {
    for _ in 0..<500 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard descriptor >= 0 else { throw .noPort }
      defer { close(descriptor) }
      var address = loopback(port: port)
      let isUp = withUnsafeMutableBytes(of: &address) {
        connect(
          descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!,
          socklen_t($0.count)) == 0
      }
      if isUp { return }
      usleep(20_000)
    }
    throw .nobodyListens(port)
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
