internal import JSONFields
internal import Vocabulary
internal import Wire

// The baseline's older routes for workers: by a URL in the query, answered with plain text.
extension WorkerDesk {
  /// Removes every worker that the query's `url` names, the ranks of an engine included.
  func removeByQuery(_ exchange: Exchange) throws(AdminRefusal) {
    let query = exchange.head.query.of(exchange.headBytes.bytes)
    guard let text = QueryParameter.text(of: "url", in: query), !text.isEmpty else {
      throw AdminRefusal(
        status: 400, code: "INVALID_WORKER_NAME", message: "The query names no 'url'")
    }
    guard let url = try? WorkerURL(text), registry.remove(url) > 0 else {
      throw WorkerDesk.unknown(text)
    }
    router.tellAll(.membershipChanged)
    OwnAnswers.respond(exchange, text: "Successfully removed worker: \(text)")
  }

  /// `{"urls":[…]}`, in order of registration.
  func listURLs(_ exchange: Exchange) {
    var body = ByteBuffer(capacity: 512)
    body.append("{\"urls\":[")
    for (place, worker) in registry.workers.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append(jsonString: worker.url.text)
    }
    body.append("]}")
    OwnAnswers.respond(exchange, json: body)
  }
}
