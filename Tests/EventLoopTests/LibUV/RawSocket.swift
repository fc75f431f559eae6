import EventLoop
import Glibc
import Testing
import Vocabulary

/// A plain kernel socket on the loopback, for what a well-behaved peer never does.
struct RawSocket: ~Copyable {
  let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    _ = Glibc.close(descriptor)
  }

  /// Connects to `port` of 127.0.0.1; without waiting for the outcome when not `blocking`.
  static func connected(to port: UInt16, blocking: Bool = true) throws -> RawSocket {
    let descriptor = socket(AF_INET, 1 | (blocking ? 0 : O_NONBLOCK), 0)
    try #require(descriptor >= 0)
    let status = withLoopback(port) { Glibc.connect(descriptor, $0, $1) }
    try #require(status == 0 || (!blocking && errno == EINPROGRESS))
    return RawSocket(descriptor: descriptor)
  }

  /// A socket bound to a free port of 127.0.0.1; nobody listens yet.
  static func bound() throws -> RawSocket {
    let descriptor = socket(AF_INET, 1, 0)
    try #require(descriptor >= 0)
    try #require(withLoopback(0) { bind(descriptor, $0, $1) } == 0)
    return RawSocket(descriptor: descriptor)
  }

  /// The port it is bound to.
  var port: UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    precondition(status == 0)
    return UInt16(bigEndian: address.sin_port)
  }

  /// Leaves the descriptor to the caller.
  consuming func release() -> Int32 {
    let kept = dup(descriptor)
    precondition(kept >= 0)
    return kept
  }

  /// Makes the close of this socket a reset.
  func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    #expect(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size) == 0)
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count)
  }

  /// Reads until the peer's end; nil when the connection broke instead.
  func readToEnd() -> [UInt8]? {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count == 0 { return all }
      if count < 0 { return nil }
      all.append(contentsOf: chunk[0..<count])
    }
  }

  private static func withLoopback(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
