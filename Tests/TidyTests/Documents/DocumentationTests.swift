internal import Testing

/// What the documents list is what the code has.
struct DocumentationTests {
  private static let tree = RepositoryTree.here
  /// Where flags are declared, and the document that lists them.
  private static let flagFiles = [
    (
      tree.files.map(\.path).filter { $0.hasPrefix("Sources/Tool/Flags/") },
      "docs/configuration.md"
    ),
    (["Sources/Tool/EngineCommand.swift"], "docs/simulation.md"),
    (tree.files.map(\.path).filter { $0.hasPrefix("Sources/Tool/Bench/") }, "docs/bench.md"),
  ]
  private static let metrics = "Sources/PDRouter/Observability/MetricName.swift"
  private static let metricsDocument = "docs/metrics.md"

  @Test(arguments: flagFiles)
  func `the documented flags are the program's flags`(_ code: [String], _ document: String) throws {
    let declared = try code.flatMap { DeclaredFlag.declared(in: try #require(Self.tree.file($0))) }
    let rows = TableCell.rows(of: try #require(Self.tree.file(document)))
      .filter { $0.name.hasPrefix("--") }
    #expect(declared.count > 10)
    expectNone(
      DocumentedNames.offences(
        declared: declared.map { ($0.name, $0.line) }, in: code.joined(separator: " or "),
        documented: rows.map { (flag(of: $0), $0.line) }, in: document))
  }

  @Test(arguments: flagFiles)
  func `the documented defaults are the flags' defaults`(
    _ code: [String], _ document: String
  ) throws {
    let declared = try code.flatMap { DeclaredFlag.declared(in: try #require(Self.tree.file($0))) }
    let rows = TableCell.rows(of: try #require(Self.tree.file(document)))
    for option in declared {
      guard let text = option.defaultText else { continue }
      guard let row = rows.first(where: { flag(of: $0) == option.name }) else { continue }
      #expect(
        row.others.first == "`\(text)`",
        "\(document):\(row.line): \(option.name) is \(text) by default")
    }
  }

  @Test func `every flag that is refused is documented, and no other`() throws {
    let code = try #require(Self.tree.file("Sources/Tool/Flags/RefusedFlag.swift"))
    let names = code.tokens.map(\.text).filter { $0.hasPrefix("\"--") && $0.count > 4 }
      .map { String($0.dropFirst().dropLast()) }
    let document = try #require(Self.tree.file("docs/configuration.md"))
    let rows = document.lines.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| `") }
    let told = rows.flatMap { $0.split(separator: "`").filter { $0.hasPrefix("--") } }
      .filter { !["--prefill", "--decode"].contains($0) }.map(String.init)
    #expect(names.count > 10)
    #expect(Set(told).subtracting(["--"]) == Set(names) && told.count == names.count)
  }

  @Test func `the documented metrics are the exported metrics`() throws {
    let declared = DeclaredMetric.declared(in: try #require(Self.tree.file(Self.metrics)))
    let rows = TableCell.rows(of: try #require(Self.tree.file(Self.metricsDocument)))
      .filter { $0.name.hasPrefix("vllm_router_") || $0.name.hasPrefix("process_") }
    #expect(declared.count > 10)
    expectNone(
      DocumentedNames.offences(
        declared: declared.map { ($0.name, $0.line) }, in: Self.metrics,
        documented: rows.map { ($0.name, $0.line) }, in: Self.metricsDocument))
  }

  /// Where keys are declared, and the section of the document that lists them.
  private static let keys = [
    ("Sources/PDRouter/Observability/RouteLogKey.swift", "## Log lines"),
    ("Sources/PDRouter/Observability/ReceiptKey.swift", "## In answers"),
  ]

  @Test(arguments: keys)
  func `the documented keys are those written, in their order`(
    _ code: String, _ section: String
  ) throws {
    let declared = DeclaredMetric.declared(in: try #require(Self.tree.file(code))).map(\.name)
    let document = try #require(Self.tree.file(Self.metricsDocument))
    let rows = TableCell.rows(of: document, under: section).map(\.name)
    #expect(declared.count > 5)
    #expect(rows == declared)
  }

  @Test func `flags are read from properties, with their custom names and plain defaults`() {
    let text = """
      @Option(help: "Port.") var port: UInt16 = 30_000
      @Flag var vllmPdDisaggregation = false
      @Option(name: .customLong("pd-x"), help: "X") var y: String?
      @Option var host = "127.0.0.1"
      @Option var step = 0.35
      @Option var speed = 1.0
      var noFlag = 1
      """
    let flags = DeclaredFlag.declared(in: SourceFile(path: "A.swift", text: text))
    #expect(
      flags.map(\.name) == [
        "--port", "--vllm-pd-disaggregation", "--pd-x", "--host", "--step", "--speed",
      ])
    #expect(flags.map(\.defaultText) == ["30000", nil, nil, "127.0.0.1", "0.35", "1"])
  }

  @Test func `rows are read from tables, with escaped bars`() {
    let text = "| flag | default |\n| --- | --- |\n| `--a X\\|Y` | `1` | says \\| more |\nno row"
    let rows = TableCell.rows(of: SourceFile(path: "a.md", text: text))
    #expect(rows == [TableCell(name: "--a X\\|Y", line: 3, others: ["`1`", "says \\| more"])])
  }

  @Test func `a missing, an invented and a doubled name are found`() {
    let offences = DocumentedNames.offences(
      declared: [("--a", 1), ("--b", 2)], in: "code",
      documented: [("--a", 5), ("--c", 6), ("--a", 7)], in: "document")
    #expect(
      offences.map(\.description).map { $0.prefix { $0 != " " } } == [
        "code:2:", "document:6:", "document:7:",
      ])
  }

  /// `--prefill URL [PORT]` → `--prefill`
  private func flag(of row: TableCell) -> String {
    String(row.name.prefix { $0 != " " })
  }
}
