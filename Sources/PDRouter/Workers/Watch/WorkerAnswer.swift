internal import JSONFields

/// Reads what engines answer to the router's own questions; nil for anything that is not what was
/// asked for.
enum WorkerAnswer {
  /// Bytes of a version, or of a model's name.
  private static let longestText = 512

  /// The version in `GET /version`: `{"version":"0.11.0"}`.
  static func version(_ body: UnsafeRawBufferPointer) -> String? {
    text(root(body)?["version"])
  }

  /// The first model in `GET /v1/models`: `{"data":[{"id":"…"}]}`.
  static func model(_ body: UnsafeRawBufferPointer) -> String? {
    text(root(body)?["data"]?[0]?["id"])
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
