/// Why a trace cannot be read, and where.
package struct TraceFault: Error, Equatable, CustomStringConvertible {
  /// From 1; 0 is the file as a whole.
  package let line: Int
  /// What is wrong, as a part of a sentence.
  package let message: String

  /// The fault for the user.
  package var description: String { line > 0 ? "line \(line): \(message)" : message }
}
