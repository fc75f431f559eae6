import Testing
import Vocabulary

@testable import PDRouter

struct AdmissionOrderTests {
  private let order = AdmissionOrder(queueTimeout: .seconds(60))

  /// A priority and by how many seconds the request counts as having come later.
  @Test(arguments: [
    (0, 0), (-1, -3), (1, 3), (-5, -15), (5, 15), (-6, -15), (6, 15), (.min, -15), (.max, 15),
  ])
  func `a unit of priority counts as a twentieth of the time-out, five at most`(
    priority: Int, seconds: Int64
  ) {
    #expect(order.turn(priority: priority, receivedAt: at(100_000)) == at(100_000 + seconds * 1000))
  }

  @Test func `nothing that comes half a time-out later goes first, however urgent`() {
    let patient = order.turn(priority: .max, receivedAt: at(0))
    #expect(order.turn(priority: .min, receivedAt: at(29_999)) < patient)
    #expect(order.turn(priority: .min, receivedAt: at(30_001)) > patient)
    let ordinary = order.turn(priority: 0, receivedAt: at(0))
    #expect(order.turn(priority: .min, receivedAt: at(15_001)) > ordinary)
  }
}
