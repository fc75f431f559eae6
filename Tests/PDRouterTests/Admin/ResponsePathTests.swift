import Testing

@testable import PDRouter

struct ResponsePathTests {
  @Test(arguments: [
    ("/v1/responses/resp_1", Endpoint.storedResponse), ("/v1/responses/a/cancel", .responseCancel),
    ("/v1/responses/a/input", .responseInput), ("/v1/responses/a/input_items", .responseInputItems),
    ("/v1/responses", .responses), ("/v1/responses/", .passThrough),
    ("/v1/responses/a/", .passThrough), ("/v1/responses/a/b/cancel", .passThrough),
    ("/v1/responses//cancel", .passThrough), ("/v1/responses/a/other", .passThrough),
  ])
  func `a response's route is found by its ends`(path: String, endpoint: Endpoint) {
    #expect(withBytes(of: path) { Endpoint(path: $0) } == endpoint)
  }

  @Test func `the response itself has the id as it stands in the path`() {
    let text = withBytes(of: "/v1/responses/a%2Fb/cancel") { ResponsePath($0)?.text }
    #expect(text == "/v1/responses/a%2Fb")
  }
}
