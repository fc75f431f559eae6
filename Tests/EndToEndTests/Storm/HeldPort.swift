import Glibc
import Vocabulary

/// A free port of 127.0.0.1 that is kept while whoever listens there is dead.
///
/// A socket is bound to it and never listens, and allows others beside it (SO_REUSEADDR). So do
/// libuv's listeners, which hence come and go there; but nobody who asks the kernel for any port,
/// to listen or to connect from, is given this one.
struct HeldPort: ~Copyable {
  /// The port.
  let number: UInt16
  private let descriptor: Int32

  /// Takes a port.
  init() {
    let descriptor = socket(AF_INET, 1, 0)
    var yes: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    let isShared = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size) == 0
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    precondition(descriptor >= 0 && isShared && isBound, "the loopback has a free port")
    self.descriptor = descriptor
    number = UInt16(bigEndian: address.sin_port)
  }

  deinit {
    _ = close(descriptor)
  }
}
