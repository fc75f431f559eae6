internal import JSONFields
internal import Vocabulary
internal import Wire

// `POST /flush_cache`: every engine forgets its prefix cache, and so do we what we think is in it.
extension SurveyDesk {
  /// Asks all engines, the draining and the ill included: first as vLLM wants to be asked (in its
  /// developer mode, 0.32), then those that do not know that as SGLang does.
  func flushCaches(_ exchange: Exchange) {
    let engines = WorkerSurvey.engines(of: registry.workers)
    guard !engines.isEmpty else {
      OwnAnswers.noWorker(exchange)
      return
    }
    let fields = authorization(of: exchange)
    let held = HeldAnswer(exchange)
    func question(_ path: String) -> WorkerSurvey.Question {
      .init(method: .post, path: path, fields: fields, timeout: .seconds(10))
    }
    ask(question("/reset_prefix_cache"), of: engines, for: held) { first in
      let others = first.filter { $0.status == 404 }.map(\.worker)
      guard !others.isEmpty else { return end(first, held) }
      ask(question("/flush_cache"), of: others, for: held) { second in
        end(
          first.map { reply in second.first { $0.worker === reply.worker } ?? reply }, held)
      }
    }
  }

  private func end(_ replies: [WorkerSurvey.Reply], _ held: HeldAnswer) {
    let flushed = replies.filter(\.isSuccess)
    let bases = Set(flushed.map(\.worker.url.base))
    router.tellAll(
      .cachesFlushed(registry.workers.filter { bases.contains($0.url.base) }.map(\.id)))
    held.answer { exchange in
      var body = ByteBuffer(capacity: 512)
      SurveyDesk.append(replies, flushed: flushed.count, to: &body)
      OwnAnswers.respond(
        exchange,
        status: flushed.count == replies.count ? 200 : flushed.isEmpty ? 500 : 206, json: body)
    }
  }

  private static func append(
    _ replies: [WorkerSurvey.Reply], flushed: Int, to body: inout ByteBuffer
  ) {
    let isAll = flushed == replies.count
    body.append(isAll ? "{\"success\":true,\"message\":" : "{\"success\":false,\"message\":")
    body.append(
      jsonString: isAll
        ? "Cache flushed on all servers"
        : flushed == 0
          ? "Cache flush failed on all servers"
          : "Cache flushed on \(flushed) of \(replies.count) servers")
    body.append(",\"results\":[")
    for (place, reply) in replies.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append("{\"worker\":")
      body.append(jsonString: reply.worker.url.base.text)
      body.append(",\"flushed\":\(reply.isSuccess),\"status\":")
      if let status = reply.status { body.append(decimal: status) } else { body.append("null") }
      body.append("}")
    }
    body.append("]")
    if flushed == 0 {
      // A failure has OpenAI's member too, so that its clients can show it.
      body.append(",\"error\":{\"message\":\"Cache flush failed on all servers\",")
      body.append("\"type\":\"worker_error\",\"param\":null,\"code\":\"worker_error\"}")
    }
    body.append("}")
  }
}
