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
    if endpoint.readsBody { #expect(endpoint.takes(.post) && !endpoint.takes(.get)) }
    if endpoint.isOwn { #expect(!endpoint.readsBody) }
    #expect((endpoint == .passThrough) == (endpoint.allowedMethods == nil))
  }

  @Test(arguments: Endpoint.allCases.filter { $0 != .passThrough })
  func `the methods a route lists are those it takes`(endpoint: Endpoint) {
    let listed = endpoint.allowedMethods.map { $0.description } ?? ""
    let methods: [(HTTPMethod, String)] = [
      (.get, "GET"), (.head, "HEAD"), (.post, "POST"), (.put, "PUT"), (.delete, "DELETE"),
      (.patch, "PATCH"), (.options, "OPTIONS"),
    ]
    let taken = methods.filter { endpoint.takes($0.0) }.map(\.1)
    #expect(Set(listed.components(by: ", ")) == Set(taken))
  }

  @Test(arguments: [
    ("/workers/0", Endpoint.worker), ("/workers/http%3A%2F%2Fw0%3A8000", .worker),
    ("/workers/http://w0:8000", .worker), ("/workers/3/drain", .workerDrain),
    ("/workers/http://w0:8000/undrain", .workerUndrain), ("/workers/3/drained", .workerDrained),
    ("/workers/drain", .worker), ("/workers/", .passThrough), ("/workers0", .passThrough),
    ("/workers/3/drainx", .worker), ("/Workers/3", .passThrough),
  ])
  func `a worker's route is found by its ends`(path: String, endpoint: Endpoint) {
    #expect(withBytes(of: path) { Endpoint(path: $0) } == endpoint)
  }

  @Test func `embeddings and reranking are read but never split`() {
    for endpoint in [Endpoint.embeddings, .rerank, .rerankV1] {
      #expect(endpoint.readsBody && endpoint.generationShape == nil)
    }
  }
}
