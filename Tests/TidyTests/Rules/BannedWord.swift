/// A run of tokens that must not occur, where, and what to do instead.
struct BannedWord {
  /// Adjacent tokens, in order.
  let tokens: [String]
  /// Tokens that make it something else when they stand directly before it.
  var unlessAfter: Set<String> = []
  /// Whether it is banned in the file at a path.
  var applies: @Sendable (SourceFile) -> Bool = { _ in true }
  /// Why, and what instead.
  let reason: String

  /// The house's list.
  static let all = [
    BannedWord(
      tokens: ["Date", "("], reason: "time comes in from outside as an Instant"),
    BannedWord(
      tokens: ["print", "("], unlessAfter: [".", "func"],
      reason: "logs go through swift-log, answers to a descriptor"),
    BannedWord(
      tokens: ["fatalError", "("], reason: "preconditions name our faults, errors the world's"),
    BannedWord(tokens: ["try", "!"], reason: "an error is handled or thrown on"),
    BannedWord(
      tokens: ["Unmanaged"], applies: { !unmanagedFiles.contains($0.path) },
      reason: "references cross into C in \(unmanagedFiles.joined(separator: " and ")) only"),
    BannedWord(
      tokens: ["import", "Foundation"], applies: { $0.target != nil && $0.target != "Tool" },
      reason: "Foundation stays out of everything below Tool"),
    BannedWord(
      tokens: ["import", "FoundationEssentials"],
      applies: { $0.target != nil && $0.target != "Tool" },
      reason: "Foundation stays out of everything below Tool"),
    BannedWord(tokens: ["Task", "{"], applies: isDataPath, reason: noTasks),
    BannedWord(tokens: ["Task", "("], applies: isDataPath, reason: noTasks),
    BannedWord(tokens: ["Task", "."], applies: isDataPath, reason: noTasks),
    BannedWord(
      tokens: ["async", "{"], unlessAfter: ["let", "var", "."], applies: isDataPath,
      reason: noTasks),
    BannedWord(tokens: ["async", "throws"], applies: isDataPath, reason: noTasks),
    BannedWord(tokens: ["async", "-", ">"], applies: isDataPath, reason: noTasks),
    BannedWord(tokens: ["await"], applies: isDataPath, reason: noTasks),
    BannedWord(tokens: ["actor"], unlessAfter: ["."], applies: isDataPath, reason: noTasks),
  ]

  /// One file for each library that calls back.
  private static let unmanagedFiles = [
    "Sources/EventLoop/LibUV/UVHandle.swift", "Sources/Wire/HTTP2/HTTP2Library.swift",
  ]
  private static let noTasks = "the data path is callbacks and state machines"

  /// Every target but the command line is the data path.
  @Sendable
  private static func isDataPath(_ file: SourceFile) -> Bool {
    file.target != nil && file.target != "Tool"
  }

  /// Where it stands in `file`.
  func offences(in file: SourceFile) -> [Offence] {
    guard applies(file), file.tokens.count >= tokens.count else { return [] }
    return (0...file.tokens.count - tokens.count).compactMap { place in
      for (offset, word) in tokens.enumerated() where file.tokens[place + offset].text != word {
        return nil
      }
      if place > 0, unlessAfter.contains(file.tokens[place - 1].text) { return nil }
      return Offence(
        path: file.path, line: file.tokens[place].line,
        message: "'\(tokens.joined())': \(reason)")
    }
  }
}
