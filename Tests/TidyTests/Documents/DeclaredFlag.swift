/// A flag of the command line as the code declares it.
struct DeclaredFlag: Equatable {
  /// With its dashes, as typed.
  let name: String
  let line: Int
  /// The default where it is a plain literal, as a user would type it.
  let defaultText: String?

  /// The `@Option` and `@Flag` properties of `file`, in order.
  static func declared(in file: SourceFile) -> [DeclaredFlag] {
    let tokens = file.tokens
    return tokens.indices.dropLast().compactMap { place in
      guard tokens[place].text == "@", ["Option", "Flag"].contains(tokens[place + 1].text),
        let keyword = tokens[place...].firstIndex(where: { $0.text == "var" }),
        keyword + 1 < tokens.count
      else { return nil }
      let property = tokens[keyword + 1]
      return DeclaredFlag(
        name: customName(in: tokens[place..<keyword]) ?? "--" + dashed(property.text),
        line: property.line, defaultText: plainDefault(after: keyword + 2, in: tokens))
    }
  }

  /// `vllmPdDisaggregation` → `vllm-pd-disaggregation`, as ArgumentParser spells it.
  static func dashed(_ property: String) -> String {
    property.reduce(into: "") { name, letter in
      if letter.isUppercase { name += "-" }
      name += letter.lowercased()
    }
  }

  /// The text of `.customLong("…")`, if the attribute has one.
  private static func customName(in attribute: ArraySlice<SwiftToken>) -> String? {
    guard let word = attribute.firstIndex(where: { $0.text == "customLong" }),
      word + 2 < attribute.endIndex
    else { return nil }
    return "--" + attribute[word + 2].text.dropFirst().dropLast()
  }

  /// The literal of `= 30000`, `= 1_000`, `= 0.35`, `= "127.0.0.1"`; nil for anything else.
  private static func plainDefault(after name: Int, in tokens: [SwiftToken]) -> String? {
    var place = name
    if place < tokens.count, tokens[place].text == ":" {
      while place < tokens.count, !["=", "@", "var", "}"].contains(tokens[place].text) {
        place += 1
      }
    }
    guard place + 1 < tokens.count, tokens[place].text == "=" else { return nil }
    let literal = tokens[place + 1].text
    if literal.hasPrefix("\"") { return String(literal.dropFirst().dropLast()) }
    guard literal.first?.isNumber == true else { return nil }
    let whole = literal.filter { $0 != "_" }
    // `0.35` comes as three tokens; `1.0` is typed as 1.
    guard place + 3 < tokens.count, tokens[place + 2].text == ".",
      tokens[place + 3].text.first?.isNumber == true
    else { return whole }
    let fraction = tokens[place + 3].text
    return fraction == "0" ? whole : "\(whole).\(fraction)"
  }
}
