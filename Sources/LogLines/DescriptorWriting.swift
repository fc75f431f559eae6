internal import Glibc

/// Writing all of some bytes to a descriptor, whatever it takes.
enum DescriptorWriting {
  /// Writes `bytes`; waits where the descriptor takes none for the moment.
  ///
  /// - Returns: what could not be written because the descriptor refuses it; empty when all was.
  static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
  ) -> UnsafeRawBufferPointer {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      } else if written < 0, errno == EAGAIN {
        // Somebody has made it non-blocking, perhaps for another process.
        var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&place, 1, -1)
      } else if written == 0 || errno != EINTR {
        return rest
      }
    }
    return rest
  }
}
