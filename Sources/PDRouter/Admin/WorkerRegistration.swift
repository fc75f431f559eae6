internal import JSONFields
internal import Vocabulary

/// What `POST /workers` asks to register (`{url, worker_type, bootstrap_port, key, labels,
/// model_id, priority, cost}`), or `POST /add_worker` in its query (`url`, `worker_type`,
/// `bootstrap_port`).
///
/// Pure: reads what comes from outside and throws for whatever it does not take.
struct WorkerRegistration {
  /// Where the worker listens.
  let url: WorkerURL
  /// What it is for.
  let role: Role
  /// The rest.
  let details: WorkerDetails

  /// Bytes of a URL, a key, a label's name or its text.
  private static let longestText = 2048
  private static let mostLabels = 64

  /// The registration that `body` asks of a router with split pools or with a single one.
  init(
    _ body: UnsafeRawBufferPointer, isDisaggregated: Bool
  ) throws(AdminRefusal) {
    let root: JSONValue
    do throws(JSONError) {
      root = try JSONValue(validating: body)
    } catch {
      throw WorkerRegistration.refusal("The request body is not valid JSON: \(error)")
    }
    guard root.kind == .object else {
      throw WorkerRegistration.refusal("The request body is not a JSON object")
    }
    url = try WorkerRegistration.url(try WorkerRegistration.text("url", root))
    role = try WorkerRegistration.role(
      try WorkerRegistration.text("worker_type", root), isDisaggregated)
    var details = WorkerDetails(
      bootstrapPort: try WorkerRegistration.bootstrapPort(root),
      key: try WorkerRegistration.text("key", root),
      labels: try WorkerRegistration.labels(root))
    details.modelID = try WorkerRegistration.text("model_id", root)
    if let priority = root["priority"], !priority.isNull {
      guard let number = priority.integer else {
        throw WorkerRegistration.refusal("'priority' must be an integer")
      }
      details.priority = number
    }
    if let cost = root["cost"], !cost.isNull {
      guard let number = cost.double, number.isFinite else {
        throw WorkerRegistration.refusal("'cost' must be a number")
      }
      details.cost = number
    }
    self.details = details
  }

  /// The registration that a query asks of a router with split pools or with a single one.
  init(
    query: UnsafeRawBufferPointer, isDisaggregated: Bool
  ) throws(AdminRefusal) {
    func text(_ name: StaticString) -> String? {
      QueryParameter.text(of: name, in: query).flatMap { $0.isEmpty ? nil : $0 }
    }
    url = try WorkerRegistration.url(text("url"))
    role = try WorkerRegistration.role(text("worker_type"), isDisaggregated)
    let port = text("bootstrap_port")
    details = WorkerDetails(
      bootstrapPort: try port.map { text throws(AdminRefusal) in
        try WorkerRegistration.bootstrapPort(Int(text))
      })
  }

  private static func refusal(_ message: String) -> AdminRefusal {
    AdminRefusal(status: 400, code: "ADD_WORKER_FAILED", message: message)
  }

  private static func url(_ text: String?) throws(AdminRefusal) -> WorkerURL {
    guard let text else { throw refusal("'url' is missing") }
    do throws(WorkerURL.Fault) {
      return try WorkerURL(text)
    } catch {
      throw refusal(error.message)
    }
  }

  private static func role(
    _ type: String?, _ isDisaggregated: Bool
  ) throws(AdminRefusal) -> Role {
    switch type {
    case "prefill" where isDisaggregated: return .prefill
    case "decode" where isDisaggregated: return .decode
    case "regular" where !isDisaggregated, "both" where !isDisaggregated,
      nil where !isDisaggregated:
      return .both
    case "prefill", "decode":
      throw refusal("This router has a single pool: 'worker_type' is 'regular' here")
    default:
      throw refusal(
        isDisaggregated
          ? "'worker_type' must be 'prefill' or 'decode'" : "'worker_type' must be 'regular'")
    }
  }

  private static func bootstrapPort(_ root: JSONValue) throws(AdminRefusal) -> UInt16? {
    guard let value = root["bootstrap_port"], !value.isNull else { return nil }
    return try bootstrapPort(value.integer)
  }

  private static func bootstrapPort(_ number: Int?) throws(AdminRefusal) -> UInt16 {
    guard let number, let port = UInt16(exactly: number), port > 0 else {
      throw refusal("'bootstrap_port' must be a number from 1 to 65535")
    }
    return port
  }

  private static func labels(_ root: JSONValue) throws(AdminRefusal) -> [String: String] {
    guard let value = root["labels"], !value.isNull else { return [:] }
    guard value.kind == .object else { throw refusal("'labels' must be an object") }
    var labels: [String: String] = [:]
    for (name, value) in value.members {
      guard let text = value.string, text.utf8.count <= longestText,
        name.utf8.count <= longestText
      else { throw refusal("'labels' must hold short strings only") }
      labels[name] = text
      guard labels.count <= mostLabels else { throw refusal("more than \(mostLabels) 'labels'") }
    }
    return labels
  }

  private static func text(
    _ name: StaticString, _ root: JSONValue
  ) throws(AdminRefusal) -> String? {
    guard let value = root[name], !value.isNull else { return nil }
    guard let text = value.string, !text.isEmpty, text.utf8.count <= longestText else {
      throw refusal("'\(name)' must be a string of 1 to \(longestText) bytes")
    }
    return text
  }
}
