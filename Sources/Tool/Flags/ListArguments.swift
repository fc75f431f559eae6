/// Options that take a list which may be empty, as the baseline's do: `--request-id-headers` alone
/// means no names, and not that a value is missing.
enum ListArguments {
  /// The options whose list may be empty.
  static let options = [
    "--worker-urls", "--api-key-validation-urls", "--cors-allowed-origins", "--request-id-headers",
  ]

  /// The arguments with an empty value after each such option that has none, so that the parser
  /// takes them.
  static func completed(_ arguments: [String]) -> [String] {
    var completed: [String] = []
    for (place, argument) in arguments.enumerated() {
      if argument.last == "=", options.contains(String(argument.dropLast())) {
        completed += [String(argument.dropLast()), ""]
        continue
      }
      completed.append(argument)
      guard options.contains(argument) else { continue }
      let next = place + 1 < arguments.count ? arguments[place + 1] : nil
      if next?.hasPrefix("-") ?? true { completed.append("") }
    }
    return completed
  }

  /// The values that were given, without those that only say that there are none.
  static func given(_ values: [String]) -> [String] {
    values.filter { !$0.isEmpty }
  }
}
