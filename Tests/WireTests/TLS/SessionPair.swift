internal import Wire

/// A client's and a server's end with a wire between them that cuts.
final class SessionPair {
  let client: SessionEnd
  let server: SessionEnd
  /// The most bytes that go at once.
  var pieceSize = Int.max
  /// What may happen to bytes on their way to the server.
  var tamper: (([UInt8]) -> [UInt8])?

  init(
    client: TLSContext, server: TLSContext, host: String = "localhost",
    resumption: TLSResumption? = nil
  ) {
    self.client = SessionEnd(TLSSession(to: host, context: client, resumption: resumption))
    self.server = SessionEnd(TLSSession(serving: server))
  }

  /// A pair that is up.
  static func connected() throws -> SessionPair {
    let pair = SessionPair(
      client: try TestCertificates.client(), server: try TestCertificates.server("server"))
    pair.connect()
    return pair
  }

  func connect() {
    client.start()
    pump()
  }

  /// Carries bytes both ways until nobody has any.
  func pump() {
    while true {
      var toServer = client.takeOutput()
      let toClient = server.takeOutput()
      if toServer.isEmpty, toClient.isEmpty { return }
      if let tamper { toServer = tamper(toServer) }
      carry(toServer, to: server)
      carry(toClient, to: client)
    }
  }

  private func carry(_ bytes: [UInt8], to end: SessionEnd) {
    var rest = bytes[...]
    while !rest.isEmpty {
      end.take(rest.prefix(pieceSize))
      rest = rest.dropFirst(pieceSize)
    }
  }

  var isUp: Bool { client.session.isEstablished && server.session.isEstablished }
}
