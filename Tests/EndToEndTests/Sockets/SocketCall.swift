import Simulation

/// One request to make over a socket, and after how many bytes of the answer to hang up.
struct SocketCall: Sendable {
  let request: FleetRequest
  var hangUpAfter = Int.max
  /// Another request on the same connection, sent ahead.
  var next: FleetRequest?

  init(_ request: FleetRequest, hangUpAfter: Int = .max, next: FleetRequest? = nil) {
    self.request = request
    self.hangUpAfter = hangUpAfter
    self.next = next
  }

  func bytes(number: Int) -> [UInt8] {
    let more = next?.bytes(host: "localhost", id: "next-\(number)") ?? []
    return request.bytes(host: "localhost", id: "call-\(number)") + more
  }
}
