internal import Vocabulary
internal import Wire

/// A TLS session between both ends of ours, over a network that passes on, changes, loses, doubles
/// and makes up bytes as the input says: neither end reads what the other has not written, in that
/// order, and each that did not hear the other's end has failed.
enum TLSFuzz {
  /// What happens to the bytes on their way; the byte after it says how much of it, or where.
  private enum Event: UInt8, CaseIterable {
    case deliver, deliverAll, change, lose, double, invent, write, close
  }

  static func run(_ input: FuzzInput) {
    let client = TLSEnd(TLSSession(to: "localhost", context: TLSFuzz.client))
    let server = TLSEnd(TLSSession(serving: TLSFuzz.server))
    client.start()
    var rest = input.text[...]
    while let first = rest.popFirst() {
      let (sender, receiver) = first & 8 == 0 ? (client, server) : (server, client)
      let amount = Int(rest.popFirst() ?? 0)
      switch Event.allCases[Int(first & 7)] {
      case .deliver: receiver.take(sender.takeOutput(amount))
      case .deliverAll: exchange(client, server)
      case .change: sender.change(at: amount)
      case .lose: _ = sender.takeOutput(amount)
      case .double: sender.double(amount)
      case .invent:
        sender.invent(rest.prefix(amount))
        rest = rest.dropFirst(amount)
      case .write: sender.write(amount)
      case .close: sender.close()
      }
    }
    exchange(client, server)
    for (one, other) in [(client, server), (server, client)] {
      one.endTransport()
      precondition(other.written.starts(with: one.text), "bytes that nobody has written")
      precondition(one.failure != nil || one.session.hasReceivedClose, "an end without a word")
    }
  }

  /// Passes everything on until both are silent.
  private static func exchange(_ client: TLSEnd, _ server: TLSEnd) {
    while true {
      let (forth, back) = (client.takeOutput(.max), server.takeOutput(.max))
      if forth.isEmpty, back.isEmpty { return }
      server.take(forth)
      client.take(back)
    }
  }

  private static func path(_ name: String) -> String {
    let here = #filePath.split(separator: "/").dropLast(5).joined(separator: "/")
    return "/\(here)/Tests/Certificates/\(name)"
  }

  private static let server = context {
    try TLSContext.server(
      TLSServerSettings(
        identities: [TLSFiles(certificate: path("server.pem"), key: path("server.key"))]),
      tickets: TLSTicketKeys())
  }

  private static let client = context {
    try TLSContext.client(TLSClientSettings(authorities: path("ca.pem")))
  }

  private static func context(_ make: () throws -> TLSContext) -> TLSContext {
    do { return try make() } catch { fatalError("the certificates of the tests: \(error)") }
  }
}
