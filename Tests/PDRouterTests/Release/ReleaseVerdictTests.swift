import KVTransfer
import Testing

@testable import PDRouter

struct ReleaseVerdictTests {
  private static let engineError = #"{"error":{"message":"The model `x` does not exist."}}"#

  private func verdict(
    _ means: KVReleaseMeans, _ status: Int, _ body: String = engineError
  ) -> ReleaseVerdict {
    withBytes(of: body) { .of(means, status: status, answer: $0) }
  }

  @Test(arguments: [400, 404, 422])
  func `a refusal by the layer that serves models gives the handle back`(status: Int) {
    #expect(verdict(.rejection, status) == .done(by: .rejectedRequest))
    #expect(verdict(.rejection, status, "") == .done(by: .rejectedRequest))
    #expect(verdict(.rejection, status, #"{"detail":"Not Found"}"#) == .notServed)
    #expect(verdict(.attachment, status) == .notServed)
    #expect(verdict(.abortRequest, status) == .notServed)
  }

  @Test(arguments: [301, 401, 403, 405, 408, 429, 500, 502, 503, 504])
  func `what was stopped on the way gives nothing back`(status: Int) {
    for means in KVReleaseMeans.allCases { #expect(verdict(means, status) == .notServed) }
  }

  @Test(arguments: [200, 202, 204])
  func `what was served has given the handle back`(status: Int) {
    #expect(verdict(.rejection, status) == .done(by: .droppedRequest))
    #expect(verdict(.attachment, status) == .done(by: .droppedRequest))
    #expect(verdict(.abortRequest, status) == .done(by: .abortRequest))
  }
}
