import KVTransfer
import Testing
import Vocabulary

struct NamedAheadTests {
  private static let connectors: [(any KVConnector, namesAhead: Bool)] = [
    (NIXLConnector(), false), (NIXLConnector(legsLeaveTogether: true), false),
    (MooncakeConnector(), true), (MooncakeConnector(legsLeaveTogether: true), true),
    (MoRIIOConnector(writes: false), false), (MoRIIOConnector(writes: true), true),
    (SGLangConnector(), true),
  ]

  /// What is named ahead can be given back without prefill's answer, so never by being served: a
  /// decode engine would wait for what may never come.
  @Test(arguments: 0..<7)
  func `a handle named ahead is named by the router, and never given back by being served`(
    number: Int
  ) {
    let (connector, namesAhead) = Self.connectors[number]
    #expect(connector.namesAhead == namesAhead)
    guard namesAhead else { return }
    var pair = handOver()
    pair.prefill.identity = identity("e1", members: #""remote_engine_id":"e1""#)
    #expect(connector.order(of: pair) != .prefillFirst)
    let parameters = connector.parameters(of: pair)
    let means = withBytes(of: parameters) { connector.releaseMeans(of: $0) }
    #expect(means != .attachment)
    let digits = parameters.filter { $0 != "-" }
    #expect(digits.contains(uuidDigits))
  }

  @Test(arguments: 0..<7)
  func `prefill may be asked again only where it names each handle anew`(number: Int) {
    let connector = Self.connectors[number].0
    var pair = handOver()
    #expect(connector.mayRepeatPrefill(of: pair) == (connector.name == .nixl))
    pair.prefill.identity = identity("e1", members: #""remote_engine_id":"e1""#)
    #expect(!connector.mayRepeatPrefill(of: pair))
    // A push engine whose identity must be learned anew pairs by name all the same.
    pair.prefill.identity = nil
    #expect(!connector.mayRepeatPrefill(of: pair))
  }
}
