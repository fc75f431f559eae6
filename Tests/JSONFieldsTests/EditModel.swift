import JSONFields
import Vocabulary

/// What edits mean, said the slow way: a list of members, changed one by one.
///
/// Also makes random objects and random plans, all from a seed.
struct EditModel {
  /// One member: its name, how that is spelt, and its value's bytes.
  struct Member: Equatable {
    let name: String
    var raw: String
  }

  private(set) var members: [Member]

  /// The members of an object text, repeated known names already resolved to the last.
  init(_ members: [Member]) {
    let known = Set(JSONFields.Key.allCases.map { "\($0.name)" })
    self.members = members.indices.filter { index in
      let name = members[index].name
      return !known.contains(name) || !members[(index + 1)...].contains { $0.name == name }
    }.map { members[$0] }
  }

  mutating func set(_ key: JSONFields.Key, _ raw: String, onlyIfPresent: Bool) {
    if let index = members.firstIndex(where: { $0.name == "\(key.name)" }) {
      members[index].raw = raw
    } else if !onlyIfPresent {
      members.append(Member(name: "\(key.name)", raw: raw))
    }
  }

  mutating func remove(_ key: JSONFields.Key) {
    members.removeAll { $0.name == "\(key.name)" }
  }

  /// The members of the object `value`, for comparison.
  static func members(of value: JSONValue) -> [Member] {
    value.members.map {
      Member(name: $0.name, raw: String(decoding: $0.value.raw, as: UTF8.self))
    }
  }

  /// A random object of up to seven members, with white space, repeated and escaped names.
  static func object(_ random: inout SplitMix64, nested: Bool = true) -> String {
    let names = [
      "n", "user", "echo", "\\u006e", "us\\u0065r", "x", "y\\n", "sampling_params", "rid",
    ]
    var text = space(&random) + "{" + space(&random)
    for index in 0..<Int.random(in: 0...7, using: &random) {
      if index > 0 { text += space(&random) + "," + space(&random) }
      let name = names.randomElement(using: &random)!
      text += "\"\(name)\"" + space(&random) + ":" + space(&random)
      text +=
        name == "sampling_params" && nested
        ? object(&random, nested: false).trimmingJSONSpace()
        : value(&random)
    }
    return text + space(&random) + "}" + space(&random)
  }

  /// A random short value.
  static func value(_ random: inout SplitMix64) -> String {
    [
      "1", "-2.5", "\"\"", "\"},{\"", "[]", "{}", "[1, {\"n\":2}]", "{\"n\" : 1}", "null", "true",
      "\"\\\\\"",
    ]
    .randomElement(using: &random)!
  }

  private static func space(_ random: inout SplitMix64) -> String {
    ["", "", "", " ", "\n", "\t \r\n"].randomElement(using: &random)!
  }
}
