internal import JSONFields

/// Where a body keeps its prompt.
enum PromptPlace {
  /// The prompt's field, whatever the route calls it; nil when there is none.
  static func find(_ fields: JSONFields) -> JSONSpan? {
    fields[.messages] ?? fields[.prompt] ?? fields[.input] ?? fields[.text] ?? fields[.inputIds]
  }
}
