internal import JSONFields
internal import PDRouter
internal import Vocabulary
internal import Wire

/// Answers other engines, on the side channel's port and on the bootstrap port; on the latter also
/// the router that asks whom it belongs to (Mooncake's `GET /query`).
final class SideChannelEndpoint: ExchangeHandler {
  /// Whose KV it hands out; set once the engine exists.
  weak var engine: SimulatedEngine?

  func handle(_ exchange: Exchange) {
    guard let engine else { return exchange.cut() }
    let path = String(decoding: exchange.head.path.of(exchange.headBytes.bytes), as: UTF8.self)
    guard exchange.head.method == .get else { return SideChannelEndpoint.answer(exchange, engine) }
    var body = ByteBuffer(capacity: 256)
    let knows = path == "/query" && engine.configuration.connector == .mooncake
    if knows { SideChannelEndpoint.writeIdentities(of: engine, to: &body) }
    var fields = ByteBuffer(capacity: 64)
    fields.appendField(name: "content-type", value: "application/json")
    exchange.respond(status: knows || path == "/health" ? 200 : 404, fields: fields, body: body)
  }

  func didRefuse(status: Int) {}

  /// Answers a message of another engine.
  static func answer(_ exchange: Exchange, _ engine: SimulatedEngine) {
    var body = ByteBuffer(capacity: 256)
    let message = SideChannelMessage(json: exchange.body.bytes)
    if let message { engine.answerForRanks(message).write(to: &body) }
    exchange.respond(status: message == nil ? 400 : 200, fields: ByteBuffer(), body: body)
  }

  // All data-parallel ranks, each of one worker, as Mooncake's bootstrap server tells them.
  private static func writeIdentities(of engine: SimulatedEngine, to buffer: inout ByteBuffer) {
    for (number, rank) in engine.ranks.enumerated() {
      let address = HostAndPort(
        host: rank.configuration.sideChannelHost, port: rank.configuration.sideChannelPort)
      buffer.append(number == 0 ? "{" : ",")
      buffer.append("\"\(number)\":{\"engine_id\":")
      buffer.append(jsonString: rank.configuration.engineID)
      buffer.append(",\"worker_addr\":{\"0\":{\"0\":")
      buffer.append(jsonString: "tcp://\(address)")
      buffer.append("}}}")
    }
    buffer.append("}")
  }
}
