import Testing
import Wire

@testable import PDRouter

struct EndpointTests {
  @Test(arguments: Endpoint.allCases.filter { $0 != .passThrough })
  func `a route is found by its own path`(endpoint: Endpoint) {
    let found = withBytes(of: endpoint.label.description) { Endpoint(path: $0) }
    #expect(found == endpoint)
  }

  @Test(arguments: [
    "", "/", "/v1", "/v1/chat/completions/", "/v1/Chat/completions", "/v1/chat/completion",
    "v1/completions", "/generate_", "/v2/rerank", "*", "other", "/health/", "/livenesS",
  ])
  func `any other path is passed through`(path: String) {
    #expect(withBytes(of: path) { Endpoint(path: $0) } == .passThrough)
  }

  @Test(arguments: Endpoint.allCases)
  func `a route that generates reads its body, takes POST and is not the router's own`(
    endpoint: Endpoint
  ) {
    if endpoint.generationShape != nil { #expect(endpoint.readsBody) }
    if endpoint.readsBody { #expect(endpoint.method == .post) }
    if endpoint.isOwn { #expect(endpoint.method == .get && !endpoint.readsBody) }
    #expect((endpoint == .passThrough) == (endpoint.method == nil))
  }

  @Test func `embeddings and reranking are read but never split`() {
    for endpoint in [Endpoint.embeddings, .rerank, .rerankV1] {
      #expect(endpoint.readsBody && endpoint.generationShape == nil)
    }
  }
}
