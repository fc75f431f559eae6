internal import JSONFields

/// Reads what engines answer to the router's own questions; nil for anything that is not what was
/// asked for.
enum WorkerAnswer {
  /// Bytes of a version, a model's name or an engine's id.
  private static let longestText = 512
  /// Data-parallel ranks of one engine.
  private static let mostRanks = 4096

  /// The version in `GET /version`: `{"version":"0.11.0"}`.
  static func version(_ body: UnsafeRawBufferPointer) -> String? {
    text(root(body)?["version"])
  }

  /// The first model in `GET /v1/models`: `{"data":[{"id":"…"}]}`.
  static func model(_ body: UnsafeRawBufferPointer) -> String? {
    text(root(body)?["data"]?[0]?["id"])
  }

  /// The engine of each data-parallel rank in a Mooncake bootstrap server's `GET /query`:
  /// `{"0":{"engine_id":"…",…},…}`. Nil unless it tells one for every rank it names.
  static func bootstrapEngines(_ body: UnsafeRawBufferPointer) -> [Int: String]? {
    guard let root = root(body) else { return nil }
    var engines: [Int: String] = [:]
    for (name, value) in root.members {
      guard let rank = Int(name), (0..<mostRanks).contains(rank),
        let engine = text(value["engine_id"])
      else { return nil }
      engines[rank] = engine
    }
    return engines.isEmpty ? nil : engines
  }

  private static func root(_ body: UnsafeRawBufferPointer) -> JSONValue? {
    do throws(JSONError) {
      return try JSONValue(validating: body)
    } catch {
      // What is not JSON is no answer: the caller logs that there was none.
      return nil
    }
  }

  private static func text(_ value: JSONValue?) -> String? {
    guard let text = value?.string, !text.isEmpty, text.utf8.count <= longestText else {
      return nil
    }
    return text
  }
}
