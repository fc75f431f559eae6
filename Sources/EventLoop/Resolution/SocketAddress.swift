internal import CLibUV
internal import Glibc
internal import Vocabulary

/// An IPv4 or IPv6 address with a port, in the form the kernel takes.
struct SocketAddress: Hashable, CustomStringConvertible {
  /// Large enough for both families; an IPv4 address lies in its first 16 bytes, the rest is zero.
  private var storage = sockaddr_in6()

  /// The address an IP literal stands for; nil when `host` is not one.
  init?(literal host: String, port: UInt16) {
    guard SocketAddress.mayBeHost(host) else { return nil }
    var address4 = in_addr()
    var address6 = in6_addr()
    if inet_pton(AF_INET, host, &address4) == 1 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr = address4
      withUnsafeBytes(of: &address) { fill(from: $0) }
    } else if inet_pton(AF_INET6, host, &address6) == 1 {
      storage.sin6_family = sa_family_t(AF_INET6)
      storage.sin6_addr = address6
    } else {
      return nil
    }
    self.port = port
  }

  /// A copy of an address from the kernel or the resolver; nil for any other family.
  init?(copying address: UnsafePointer<sockaddr>) {
    let family = Int32(address.pointee.sa_family)
    guard family == AF_INET || family == AF_INET6 else { return nil }
    let size =
      family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    fill(from: UnsafeRawBufferPointer(start: address, count: size))
  }

  /// `AF_INET` or `AF_INET6`.
  var family: Int32 { Int32(storage.sin6_family) }

  /// The port, in host order; both families keep it at the same place.
  var port: UInt16 {
    get { UInt16(bigEndian: storage.sin6_port) }
    set { storage.sin6_port = newValue.bigEndian }
  }

  /// The address without its port, as text.
  var host: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    withPointer { address, _ in
      let raw = UnsafeRawPointer(address)
      let offset =
        family == AF_INET
        ? MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!
        : MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
      _ = inet_ntop(family, raw + offset, &text, socklen_t(text.count))
    }
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// `127.0.0.1:80`, `[::1]:80`.
  var description: String {
    HostAndPort(host: host, port: port).description
  }

  /// Lends the address in the kernel's form.
  func withPointer<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
  ) rethrows -> Result {
    let size =
      family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    return try withUnsafeBytes(of: storage) {
      try body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(size))
    }
  }

  /// Whether every byte is the same.
  static func == (left: SocketAddress, right: SocketAddress) -> Bool {
    withUnsafeBytes(of: left.storage) { leftBytes in
      withUnsafeBytes(of: right.storage) { leftBytes.elementsEqual($0) }
    }
  }

  /// Hashes every byte.
  func hash(into hasher: inout Hasher) {
    withUnsafeBytes(of: storage) { hasher.combine(bytes: $0) }
  }

  private mutating func fill(from bytes: UnsafeRawBufferPointer) {
    storage = sockaddr_in6()
    withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: bytes) }
  }
}

extension SocketAddress {
  /// Whether `host` can be handed to C at all: not empty, at most the 255 bytes of a DNS name
  /// (RFC 1035, 2.3.4), and without a NUL, which would hide what follows it.
  static func mayBeHost(_ host: String) -> Bool {
    !host.isEmpty && host.utf8.count <= 255 && !host.utf8.contains(0)
  }

  /// The addresses of a resolver's answer in its order, ports unset, without repetitions.
  static func list(_ answer: UnsafeMutablePointer<addrinfo>?) -> [SocketAddress] {
    var addresses: [SocketAddress] = []
    var entry = answer
    while let current = entry {
      if let raw = current.pointee.ai_addr, let address = SocketAddress(copying: raw),
        !addresses.contains(address)
      {
        addresses.append(address)
      }
      entry = current.pointee.ai_next
    }
    return addresses
  }
}
