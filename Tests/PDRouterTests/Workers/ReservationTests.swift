import Testing
import Vocabulary

@testable import PDRouter

struct ReservationTests {
  @Test func `a reservation counts in once and out once`() {
    let worker = makeRegistry([.both]).workers[0]
    var reservation = Reservation()
    reservation.take(worker, TokenCount(40))
    #expect(worker.requestsInFlight == 1 && worker.tokensInFlight == 40)
    #expect(reservation.worker === worker)
    reservation.release()
    reservation.release()
    #expect(worker.requestsInFlight == 0 && worker.tokensInFlight == 0)
    #expect(reservation.worker == nil && worker.processedRequests == 1)
  }

  @Test func `two requests on one worker add up`() {
    let worker = makeRegistry([.both]).workers[0]
    var (one, two) = (Reservation(), Reservation())
    one.take(worker, TokenCount(1))
    two.take(worker, TokenCount(2))
    #expect(worker.requestsInFlight == 2 && worker.tokensInFlight == 3)
    one.release()
    #expect(worker.requestsInFlight == 1 && worker.tokensInFlight == 2)
    two.release()
  }

  @Test func `taking a second reservation before the release of the first stops the program`() async
  {
    await #expect(processExitsWith: .failure) {
      let worker = makeRegistry([.both]).workers[0]
      var reservation = Reservation()
      reservation.take(worker, .zero)
      reservation.take(worker, .zero)
    }
  }
}
