// swift-tools-version:6.2
import PackageDescription

// Fuzz targets for what reads bytes from outside. A package of its own, because its modules are
// built with a sanitizer and coverage counters (scripts/fuzz says how); the rooms are those of the
// program, by way of the link `Rooms`.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "Fuzz",
  targets: [
    .systemLibrary(name: "CLibFuzzer", path: "Sources/CLibFuzzer"),
    .systemLibrary(name: "CNGHTTP2", path: "Rooms/CNGHTTP2", pkgConfig: "libnghttp2"),
    .systemLibrary(name: "COpenSSL", path: "Rooms/COpenSSL", pkgConfig: "openssl"),
    .systemLibrary(name: "CVectors", path: "Rooms/CVectors"),
    .systemLibrary(name: "CYAML", path: "Rooms/CYAML", pkgConfig: "yaml-0.1"),

    .target(name: "Vocabulary", path: "Rooms/Vocabulary", swiftSettings: house),
    .target(
      name: "JSONFields", dependencies: ["CVectors", "Vocabulary"], path: "Rooms/JSONFields",
      swiftSettings: house),
    .target(
      name: "Wire", dependencies: ["CNGHTTP2", "COpenSSL", "Vocabulary"], path: "Rooms/Wire",
      swiftSettings: house),
    .target(
      name: "SettingsFile", dependencies: ["CYAML"], path: "Rooms/SettingsFile",
      swiftSettings: house),
    // One folder of PDRouter: what reads the answers of engines.
    .target(
      name: "Streaming", dependencies: ["JSONFields", "Vocabulary", "Wire"],
      path: "Rooms/PDRouter/Streaming", exclude: ["AnswerFields.swift", "ServingHead.swift"],
      swiftSettings: house),

    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "CLibFuzzer", "JSONFields", "SettingsFile", "Streaming", "Vocabulary", "Wire",
      ],
      swiftSettings: house),
  ],
  swiftLanguageModes: [.v6]
)
