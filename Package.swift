// swift-tools-version:6.2
import PackageDescription

// Every target of ours: the strict language mode and the import rules that keep the arrows of
// ARCHITECTURE.md one-way.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// The data plane: exclusivity checks cost a quarter of the user-space instructions of a request,
// so they stay in debug and test builds only (docs/benchmarks.md).
let hot: [SwiftSetting] =
  house + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

// The release holds the Swift runtime, so that it starts sooner and runs where there is no Swift.
// The parts of Foundation that ArgumentParser needs are named, since only what is compiled for a
// static runtime names them itself; lld, because the default linker warns of a call in Foundation.
let ownRuntime: [LinkerSetting] = [
  .unsafeFlags(
    ["-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims", "-use-ld=lld"],
    .when(platforms: [.linux], configuration: .release))
]

let package = Package(
  name: "vllm-router",
  products: [
    .executable(name: "vllm-router", targets: ["Tool"]),
    .library(name: "PDRouter", targets: ["PDRouter"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .systemLibrary(name: "CLibUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
    .systemLibrary(
      name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CVectors"),

    .target(name: "Vocabulary", swiftSettings: hot),
    .target(name: "JSONFields", dependencies: ["CVectors", "Vocabulary"], swiftSettings: hot),
    .target(name: "EventLoop", dependencies: ["CLibUV", "Vocabulary"], swiftSettings: hot),
    .target(
      name: "Wire", dependencies: ["CNGHTTP2", "COpenSSL", "Vocabulary"], swiftSettings: hot),
    .target(name: "Policies", dependencies: ["Vocabulary"], swiftSettings: hot),
    .target(name: "KVTransfer", dependencies: ["JSONFields", "Vocabulary"], swiftSettings: hot),
    .target(
      name: "LogLines",
      dependencies: [
        "EventLoop", "JSONFields", "Vocabulary", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .target(
      name: "PDRouter",
      dependencies: [
        "LogLines", "Policies", "KVTransfer", "Wire", "EventLoop", "JSONFields", "Vocabulary",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: hot),
    .target(
      name: "Simulation",
      dependencies: ["PDRouter", "Policies", "EventLoop", "Wire", "JSONFields", "Vocabulary"],
      swiftSettings: hot),
    .target(
      name: "Bench",
      dependencies: ["PDRouter", "EventLoop", "Wire", "JSONFields", "Vocabulary"],
      swiftSettings: hot),
    .target(name: "SettingsFile", dependencies: ["CYAML"], swiftSettings: house),
    .executableTarget(
      name: "Tool",
      dependencies: [
        "PDRouter", "Simulation", "Bench", "LogLines", "SettingsFile", "EventLoop", "Policies",
        "KVTransfer", "Wire", "Vocabulary",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house, linkerSettings: ownRuntime),

    .target(name: "CAllocationCount", path: "Benchmarks/CAllocationCount"),
    .executableTarget(
      name: "MicroBenchmark",
      dependencies: [
        "CAllocationCount", "JSONFields", "Wire", "Policies", "KVTransfer", "Vocabulary",
      ],
      path: "Benchmarks/Micro", swiftSettings: hot),
    .executableTarget(
      name: "PolicyReplay", dependencies: ["Policies", "Vocabulary"],
      path: "Benchmarks/Replay", swiftSettings: hot),
    .executableTarget(
      name: "OverheadBenchmark",
      dependencies: [
        "Bench", "EventLoop", "Wire", "Vocabulary",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Overhead", swiftSettings: hot),

    // Files that tests of several rooms need.
    .target(name: "TestFiles", path: "Tests/TestFiles", swiftSettings: house),
    .testTarget(
      name: "VocabularyTests", dependencies: ["Vocabulary"], swiftSettings: house),
    .testTarget(
      name: "JSONFieldsTests", dependencies: ["JSONFields", "Vocabulary"], swiftSettings: house),
    .testTarget(
      name: "SettingsFileTests", dependencies: ["SettingsFile"], swiftSettings: house),
    .testTarget(
      name: "EventLoopTests", dependencies: ["EventLoop", "Vocabulary"], swiftSettings: house),
    .testTarget(
      name: "WireTests", dependencies: ["Wire", "Vocabulary", "TestFiles"], swiftSettings: house),
    .testTarget(
      name: "LogLinesTests",
      dependencies: [
        "LogLines", "EventLoop", "JSONFields", "Vocabulary",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "PoliciesTests", dependencies: ["Policies", "Vocabulary"], swiftSettings: house),
    .testTarget(
      name: "KVTransferTests",
      dependencies: [
        "KVTransfer", "JSONFields", "Vocabulary",
      ],
      swiftSettings: house),
    .testTarget(
      name: "PDRouterTests",
      dependencies: [
        "PDRouter", "Simulation", "LogLines", "Policies", "KVTransfer", "Wire", "EventLoop",
        "JSONFields", "Vocabulary", "TestFiles",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Simulation", "PDRouter", "EventLoop", "Wire", "JSONFields", "Vocabulary",
      ],
      swiftSettings: house),
    .testTarget(
      name: "BenchTests", dependencies: ["Bench", "EventLoop", "JSONFields", "Wire", "Vocabulary"],
      swiftSettings: house),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Simulation", "PDRouter", "LogLines", "EventLoop", "Policies", "KVTransfer", "Wire",
        "JSONFields", "Vocabulary", "TestFiles", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "ToolTests",
      dependencies: [
        "Tool", "PDRouter", "LogLines", "Policies", "Vocabulary", "TestFiles",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "TidyTests", dependencies: [], swiftSettings: house),
  ],
  swiftLanguageModes: [.v6]
)
