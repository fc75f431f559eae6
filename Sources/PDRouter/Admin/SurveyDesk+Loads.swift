internal import EventLoop
internal import JSONFields
internal import Policies
internal import Vocabulary
internal import Wire

// `GET /get_loads`: how many requests each worker has.
extension SurveyDesk {
  /// Asks every engine for what it counts itself (vLLM's `GET /load`, which is 0 unless it was
  /// started with `--enable-server-load-tracking`).
  func tellLoads(_ exchange: Exchange) {
    let workers = registry.workers
    let engines = WorkerSurvey.engines(of: workers)
    let held = HeldAnswer(exchange)
    let question = WorkerSurvey.Question(
      path: "/load", fields: authorization(of: exchange),
      timeout: router.configuration.health.timeout)
    ask(question, of: engines, for: held) { replies in
      var counted: [WorkerURL: Int] = [:]
      var silent: Set<WorkerURL> = []
      for reply in replies {
        let base = reply.worker.url.base
        if reply.status == nil { silent.insert(base) }
        if reply.isSuccess { counted[base] = SurveyDesk.serverLoad(reply.body) }
      }
      held.answer { exchange in
        var body = ByteBuffer(capacity: 512)
        let rows = workers.map { worker in
          let base = worker.url.base
          return (
            worker: worker,
            load: silent.contains(base) ? -1 : load(of: worker, counted: counted[base])
          )
        }
        if router.isDisaggregated {
          SurveyDesk.appendSplit(rows, to: &body)
        } else {
          SurveyDesk.append(rows, to: &body)
        }
        OwnAnswers.respond(exchange, json: body)
      }
    }
  }

  /// What the router has there, and what others have, as far as the engine has said lately or says
  /// now; what it counts is of all its ranks together, and so says nothing of one.
  private func load(of worker: Worker, counted: Int?) -> Int {
    let reported = worker.loadReport?.load(at: router.loop.now)?.foreignRequests ?? 0
    return max(worker.requestsInFlight + reported, worker.url.rank == nil ? counted ?? 0 : 0)
  }

  private static func serverLoad(_ body: [UInt8]) -> Int? {
    body.withUnsafeBytes { bytes in
      do throws(JSONError) {
        return try JSONValue(validating: bytes)["server_load"]?.integer
      } catch {
        // An engine that counts nothing.
        return nil
      }
    }
  }

  private static func append(
    _ rows: [(worker: Worker, load: Int)], to body: inout ByteBuffer
  ) {
    body.append("{\"workers\":[")
    for (place, row) in rows.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append("{\"worker\":")
      body.append(jsonString: row.worker.url.text)
      body.append(",\"load\":")
      body.append(decimal: row.load)
      body.append("}")
    }
    body.append("]}")
  }

  private static func appendSplit(
    _ rows: [(worker: Worker, load: Int)], to body: inout ByteBuffer
  ) {
    body.append("{\"loads\":{")
    for (place, row) in rows.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append(jsonString: "\(row.worker.role)_\(row.worker.url)")
      body.append(UInt8(ascii: ":"))
      body.append(decimal: row.load)
    }
    body.append("},\"errors\":[")
    for (place, row) in rows.filter({ $0.load < 0 }).enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append(jsonString: "\(row.worker.role) \(row.worker.url) does not answer")
    }
    body.append("]}")
  }
}
