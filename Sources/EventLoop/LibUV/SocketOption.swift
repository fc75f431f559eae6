internal import CLibUV
internal import Glibc
internal import Vocabulary

/// The socket options every connection gets. A kernel that refuses one costs speed, not service.
enum SocketOption {
  /// Between keep-alive probes, and how many may be missed.
  private static let probeInterval: Int32 = 10
  private static let probeCount: Int32 = 3

  /// Switches a boolean option on.
  static func enable(_ level: Int32, _ option: Int32, on descriptor: Int32) {
    set(level, option, 1, on: descriptor)
  }

  /// Small writes leave at once (TCP_NODELAY), and a peer that vanished is noticed.
  static func setTraffic(keepAlive: Duration, on descriptor: Int32) {
    let tcp = Int32(IPPROTO_TCP)
    enable(tcp, TCP_NODELAY, on: descriptor)
    guard keepAlive > .zero else { return }
    // The kernel takes 1 to 32,767 seconds (tcp(7)).
    let seconds = min(max(keepAlive.components.seconds, 1), 32_767)
    enable(SOL_SOCKET, SO_KEEPALIVE, on: descriptor)
    set(tcp, TCP_KEEPIDLE, Int32(seconds), on: descriptor)
    set(tcp, TCP_KEEPINTVL, probeInterval, on: descriptor)
    set(tcp, TCP_KEEPCNT, probeCount, on: descriptor)
  }

  /// Closing the socket sends a reset instead of an end (SO_LINGER of 0 s, socket(7)).
  static func setResetOnClose(on descriptor: Int32) {
    var value = linger(l_onoff: 1, l_linger: 0)
    _ = setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
  }

  /// The address a socket is bound to.
  static func localAddress(of descriptor: Int32) -> SocketAddress? {
    var storage = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        getsockname(descriptor, address, &length) == 0 ? SocketAddress(copying: address) : nil
      }
    }
  }

  private static func set(_ level: Int32, _ option: Int32, _ value: Int32, on descriptor: Int32) {
    var value = value
    _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
