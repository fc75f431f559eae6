internal import JSONFields
internal import Vocabulary

/// Workers as the worker API shows them, with the baseline's members and a few more.
///
/// `model_id` is what the operator said, else the first model of its engine; `models` are all of
/// them, once the engine has told.
enum WorkerListing {
  /// All workers, how many there are, and how many of each kind.
  static func append(_ workers: [Worker], to body: inout ByteBuffer) {
    body.append("{\"workers\":")
    appendArray(workers, to: &body)
    body.append(",\"total\":")
    body.append(decimal: workers.count)
    body.append(",\"stats\":{\"prefill_count\":")
    body.append(decimal: workers.count { $0.role == .prefill })
    body.append(",\"decode_count\":")
    body.append(decimal: workers.count { $0.role == .decode })
    body.append(",\"regular_count\":")
    body.append(decimal: workers.count { $0.role == .both })
    body.append("}}")
  }

  /// An array of workers.
  static func appendArray(_ workers: [Worker], to body: inout ByteBuffer) {
    body.append(UInt8(ascii: "["))
    for (place, worker) in workers.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      append(worker, to: &body)
    }
    body.append(UInt8(ascii: "]"))
  }

  /// One worker.
  static func append(_ worker: Worker, to body: inout ByteBuffer) {
    body.append("{\"id\":")
    body.append(decimal: Int(worker.id.number))
    body.append(",\"url\":")
    body.append(jsonString: worker.url.text)
    if let rank = worker.url.rank {
      body.append(",\"data_parallel_rank\":")
      body.append(decimal: rank)
    }
    let models = worker.models?.entries ?? []
    body.append(",\"model_id\":")
    body.append(jsonString: worker.details.modelID ?? models.first?.id ?? "unknown")
    body.append(",\"worker_type\":\"")
    body.append(typeName(worker.role))
    body.append("\",\"is_healthy\":")
    body.append(worker.isHealthy ? "true" : "false")
    body.append(",\"state\":\"")
    body.append(worker.state.name)
    body.append("\",\"circuit_state\":\"")
    body.append(worker.breaker.state.name)
    body.append("\",\"load\":")
    body.append(decimal: worker.requestsInFlight)
    body.append(",\"connection_mode\":\"Http\",\"priority\":")
    body.append(decimal: worker.details.priority)
    body.append(",\"cost\":\(worker.details.cost)")
    if !models.isEmpty { append(models, to: &body) }
    if let version = worker.version {
      body.append(",\"version\":")
      body.append(jsonString: version)
    }
    append(worker.details, to: &body)
    body.append("}")
  }

  private static func append(_ models: [ModelCatalogue.Entry], to body: inout ByteBuffer) {
    body.append(",\"models\":[")
    for (place, model) in models.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append(jsonString: model.id)
    }
    body.append("]")
  }

  private static func typeName(_ role: Role) -> StaticString {
    switch role {
    case .prefill: "prefill"
    case .decode: "decode"
    case .both: "regular"
    }
  }

  private static func append(_ details: WorkerDetails, to body: inout ByteBuffer) {
    if let port = details.bootstrapPort {
      body.append(",\"bootstrap_port\":")
      body.append(decimal: Int(port))
    }
    if let key = details.key {
      body.append(",\"key\":")
      body.append(jsonString: key)
    }
    guard !details.labels.isEmpty else { return }
    body.append(",\"labels\":{")
    for (place, label) in details.labels.sorted(by: { $0.key < $1.key }).enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append(jsonString: label.key)
      body.append(UInt8(ascii: ":"))
      body.append(jsonString: label.value)
    }
    body.append("}")
  }
}
