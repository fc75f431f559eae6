import KVTransfer
import Testing

@testable import PDRouter

/// An order for `handle` that says little.
func makeOrder(
  _ handle: KVHandleID, _ reason: KVReleaseReason = .clientGone, model: String = #""m""#,
  requestID: String = "cmpl-1", authorization: String = "", isChat: Bool = false
) -> ReleaseOrder {
  withBytes(of: model) { model in
    withBytes(of: requestID) { requestID in
      withBytes(of: authorization) { authorization in
        ReleaseOrder(
          handle: handle, reason: reason, isChat: isChat, model: model, requestID: requestID,
          authorization: authorization)
      }
    }
  }
}

struct ReleaseOrderTests {
  @Test(arguments: ["", #""tiny""#], ["", "Bearer x"])
  func `an order keeps copies of what it was given`(model: String, authorization: String) {
    let order = makeOrder(
      makeHandle(), model: model, requestID: "r-1", authorization: authorization)
    #expect(String(decoding: order.model, as: UTF8.self) == model)
    #expect(String(decoding: order.requestID, as: UTF8.self) == "r-1")
    #expect(String(decoding: order.authorization, as: UTF8.self) == authorization)
  }

  @Test(arguments: ["\"" + String(repeating: "m", count: 5000) + "\"", "7", "null", "[1]", "{}"])
  func `a name no engine can have is left out`(model: String) {
    let order = makeOrder(makeHandle(), model: model)
    #expect(order.model.isEmpty)
    #expect(String(decoding: order.requestID, as: UTF8.self) == "cmpl-1")
  }
}
