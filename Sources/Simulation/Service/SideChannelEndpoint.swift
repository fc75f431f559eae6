internal import PDRouter
internal import Vocabulary

/// Answers the messages of other engines on the side channel's port.
final class SideChannelEndpoint: ExchangeHandler {
  /// Whose KV it hands out; set once the engine exists.
  weak var engine: SimulatedEngine?

  func handle(_ exchange: Exchange) {
    var body = ByteBuffer(capacity: 256)
    let fields = ByteBuffer()
    guard let engine, let message = SideChannelMessage(json: exchange.body.bytes) else {
      exchange.respond(status: 400, fields: fields, body: body)
      return
    }
    engine.answer(message).write(to: &body)
    exchange.respond(status: 200, fields: fields, body: body)
  }

  func didRefuse(status: Int) {}
}
