/// The arrows of ARCHITECTURE.md: which modules a target may import.
///
/// The compiler holds what Package.swift declares; this holds what Package.swift may declare, and
/// that C is named in one layer only.
enum LayerRule {
  static let allowed: [String: Set<String>] = [
    "Vocabulary": [],
    "JSONFields": ["CVectors", "Vocabulary"],
    "EventLoop": ["CLibUV", "Vocabulary"],
    "Wire": ["CNGHTTP2", "COpenSSL", "Vocabulary"],
    "Policies": ["Vocabulary"],
    "KVTransfer": ["JSONFields", "Vocabulary"],
    "LogLines": ["EventLoop", "JSONFields", "Vocabulary", "Logging"],
    "PDRouter": [
      "LogLines", "Policies", "KVTransfer", "Wire", "EventLoop", "JSONFields", "Vocabulary",
      "Logging",
    ],
    "Simulation": [
      "PDRouter", "Policies", "KVTransfer", "EventLoop", "Wire", "JSONFields", "Vocabulary",
    ],
    "Bench": ["PDRouter", "EventLoop", "Wire", "JSONFields", "Vocabulary"],
    "SettingsFile": ["CYAML"],
    // The top of the house: every room, never C.
    "Tool": [
      "PDRouter", "Simulation", "Bench", "LogLines", "SettingsFile", "EventLoop", "Policies",
      "KVTransfer", "Wire", "JSONFields", "Vocabulary", "ArgumentParser", "Logging",
    ],
  ]

  /// Part of the tool chain, free for all; Foundation has a rule of its own.
  private static let system: Set = [
    "Glibc", "Synchronization", "Foundation", "FoundationEssentials",
  ]
  private static let cModules: Set = ["CLibUV", "CNGHTTP2", "COpenSSL", "CVectors", "CYAML"]

  static func offences(in file: SourceFile) -> [Offence] {
    guard let target = file.target else {
      return importOffences(in: file, "C is named in one layer, not in tests") {
        !cModules.contains($0)
      }
    }
    guard let modules = allowed[target] else {
      return [Offence(path: file.path, line: 0, message: "target \(target) is in no layer")]
    }
    return importOffences(in: file, "\(target) must not know it") {
      modules.contains($0) || system.contains($0)
    }
  }

  private static func importOffences(
    in file: SourceFile, _ reason: String, where mayImport: (String) -> Bool
  ) -> [Offence] {
    file.imports.filter { !mayImport($0.text) }.map {
      Offence(path: file.path, line: $0.line, message: "import \($0.text): \(reason)")
    }
  }
}
