import KVTransfer
import Testing

struct KVConnectorNameTests {
  @Test func `connectors are known by name and no other name is`() {
    #expect(KVConnectorName.allCases.map(\.rawValue) == ["nixl", "mooncake", "moriio", "sglang"])
    for other in ["", "NIXL", "Mooncake", "mori", "nixl_push"] {
      #expect(KVConnectorName(rawValue: other) == nil)
    }
  }

  @Test(arguments: [
    (KVConnectorName.nixl, Duration.seconds(30)), (.mooncake, .seconds(480)),
    (.moriio, .seconds(60)), (.sglang, .seconds(300)),
  ])
  func `a connector has its engines' lease unless another is given`(
    name: KVConnectorName, lease: Duration
  ) {
    #expect(name.make().name == name)
    #expect(name.make().leaseDuration == lease)
    #expect(name.make(leaseDuration: .seconds(9)).leaseDuration == .seconds(9))
  }

  @Test func `options reach the connector they are about`() {
    var options = KVConnectorOptions()
    #expect(KVConnectorName.moriio.make(options: options).order(of: handOver()) == .prefillFirst)
    #expect(
      (KVConnectorName.nixl.make(options: options) as? NIXLConnector)?.sharesPromptTokens == true)
    options.moriioWrites = true
    options.sharesPromptTokens = false
    #expect(KVConnectorName.moriio.make(options: options).order(of: handOver()) == .together)
    #expect(
      (KVConnectorName.nixl.make(options: options) as? NIXLConnector)?.sharesPromptTokens == false)
  }
}
