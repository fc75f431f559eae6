internal import COpenSSL

/// What the callbacks of a context need to know, at an address that the library keeps.
struct TLSCallbackData {
  /// What may be spoken inside, as ALPN lists it.
  let protocols: UnsafeBufferPointer<UInt8>
  /// The keys of session tickets; none on the client's side.
  let tickets: TLSTicketKeys?
  /// The contexts of all certificates, the default one first.
  var contexts: [OpaquePointer] = []

  init(protocols: [TLSProtocol], tickets: TLSTicketKeys?) {
    let list = TLSProtocol.list(protocols)
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: list.count)
    _ = copy.initialize(from: list)
    self.protocols = UnsafeBufferPointer(copy)
    self.tickets = tickets
  }

  /// Gives back what it holds; nothing may call back any more.
  func free() {
    for context in contexts { SSL_CTX_free(context) }
    protocols.deallocate()
  }
}
