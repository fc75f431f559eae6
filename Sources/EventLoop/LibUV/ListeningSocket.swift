internal import CLibUV
internal import Glibc
internal import Vocabulary

/// A bound and listening TCP socket, made in one go; whoever makes it owns the descriptor.
///
/// Accepted sockets inherit its TCP_NODELAY and keep-alive settings (Linux), which saves four
/// system calls per connection.
struct ListeningSocket {
  let descriptor: Int32
  /// The real port.
  let port: UInt16

  /// Listens on the first address of `peer` that can be bound; IPv4 before IPv6 for a name with
  /// both.
  ///
  /// - Throws: `.bindFailed` with the name of the last error.
  init(on peer: HostAndPort, options: ListenerOptions) throws(StreamError) {
    var failure = StreamError.bindFailed(detail: "EADDRNOTAVAIL")
    for address in try ListeningSocket.addresses(of: peer) {
      do throws(StreamError) {
        self = try ListeningSocket(on: address, options)
        return
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private init(on address: SocketAddress, _ options: ListenerOptions) throws(StreamError) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.family, kind, 0)
    guard descriptor >= 0 else { throw .bindFailed(detail: UVError.name(errno: errno)) }
    SocketOption.enable(SOL_SOCKET, SO_REUSEADDR, on: descriptor)
    if options.sharesPort { SocketOption.enable(SOL_SOCKET, SO_REUSEPORT, on: descriptor) }
    if address.family == AF_INET6 {
      SocketOption.enable(Int32(IPPROTO_IPV6), IPV6_V6ONLY, on: descriptor)
    }
    SocketOption.setTraffic(keepAlive: options.stream.keepAlive, on: descriptor)
    let bound = address.withPointer { bind(descriptor, $0, $1) }
    guard bound == 0, Glibc.listen(descriptor, options.backlog) == 0,
      let local = SocketOption.localAddress(of: descriptor)
    else {
      let error = errno
      _ = close(descriptor)
      throw .bindFailed(detail: UVError.name(errno: error))
    }
    self.descriptor = descriptor
    port = local.port
  }

  private static func addresses(of peer: HostAndPort) throws(StreamError) -> [SocketAddress] {
    if let address = SocketAddress(literal: peer.host, port: peer.port) { return [address] }
    guard SocketAddress.mayBeHost(peer.host) else { throw .bindFailed(detail: "EAI_NONAME") }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var answer: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(peer.host, nil, &hints, &answer)
    guard status == 0 else { throw .bindFailed(detail: UVError.name(resolver: status)) }
    defer { freeaddrinfo(answer) }
    var addresses = SocketAddress.list(answer)
    for index in addresses.indices { addresses[index].port = peer.port }
    return addresses.filter { $0.family == AF_INET } + addresses.filter { $0.family != AF_INET }
  }
}
