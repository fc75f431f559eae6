internal import JSONFields
internal import Vocabulary

/// What one engine serves in its own words: its answer to `GET /v1/models`, read once.
///
/// Immutable, so that all loops may share it. Made of bytes that anybody may have sent. Limits:
/// `longestAnswer`, `mostModels`, `longestID`; what is beyond them is not listed, and then any
/// further name may be one that it serves.
final class ModelCatalogue: Sendable {
  /// One model or adapter.
  struct Entry: Sendable, Equatable {
    /// Its name, as requests have it in `model`.
    let id: String
    /// The engine's JSON object, byte for byte.
    let object: [UInt8]
  }

  /// Bytes of an answer.
  static let longestAnswer = 1024 * 1024
  /// Models and adapters of one engine.
  static let mostModels = 1024
  /// Bytes of a name.
  static let longestID = 512

  /// The models, in the engine's order; never none.
  let entries: [Entry]
  /// Whether the engine serves names that it does not list: there were too many, or it looks at no
  /// name (SGLang).
  let takesOthers: Bool
  /// The names as numbers.
  let names: Set<UInt64>

  /// The catalogue in the body of an answer; nil when it is none, or an empty one.
  init?(_ body: UnsafeRawBufferPointer) {
    let root: JSONValue
    do throws(JSONError) {
      root = try JSONValue(validating: body)
    } catch {
      // What is not JSON tells nothing.
      return nil
    }
    guard let data = root["data"], data.kind == .array else { return nil }
    var entries: [Entry] = []
    var names: Set<UInt64> = []
    var takesOthers = false
    for element in data.elements {
      guard let id = element["id"]?.string, !id.isEmpty else { continue }
      guard entries.count < ModelCatalogue.mostModels, id.utf8.count <= ModelCatalogue.longestID
      else {
        takesOthers = true
        continue
      }
      if element["owned_by"]?.string == "sglang" { takesOthers = true }
      guard names.insert(ModelName.number(id)).inserted else { continue }
      entries.append(Entry(id: id, object: Array(element.raw)))
    }
    guard !entries.isEmpty else { return nil }
    self.entries = entries
    self.names = names
    self.takesOthers = takesOthers
  }

  /// A catalogue of one model that nobody but an operator has told of.
  init(of id: String) {
    var object = ByteBuffer()
    object.append("{\"id\":")
    object.append(jsonString: id)
    object.append(",\"object\":\"model\"}")
    entries = [Entry(id: id, object: Array(object.bytes))]
    names = [ModelName.number(id)]
    takesOthers = false
  }

  /// Whether the model of that name is listed.
  func lists(_ name: UInt64) -> Bool { names.contains(name) }

  /// Whether both serve the same names. Their objects may differ: engines put the time and random
  /// words into them.
  func namesTheSame(as other: ModelCatalogue) -> Bool {
    takesOthers == other.takesOthers && names == other.names
  }
}
