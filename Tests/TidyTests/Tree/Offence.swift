internal import Testing

/// One place where the tree breaks one of its rules.
struct Offence: Equatable, CustomStringConvertible {
  let path: String
  /// Line from 1; 0 when the file as a whole offends.
  let line: Int
  let message: String

  var description: String {
    line > 0 ? "\(path):\(line): \(message)" : "\(path): \(message)"
  }
}

/// Fails the running test once, naming every offence with file and line.
func expectNone(_ offences: [Offence], at location: SourceLocation = #_sourceLocation) {
  guard !offences.isEmpty else { return }
  let listing = offences.map(\.description).joined(separator: "\n")
  Issue.record("\(offences.count) offences:\n\(listing)", sourceLocation: location)
}
