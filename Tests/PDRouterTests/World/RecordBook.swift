@testable import PDRouter

/// Keeps the records of a router's ended requests.
final class RecordBook: RouteObserver {
  /// The records, in the order of their ends.
  private(set) var records: [RouteRecord] = []
  /// The ids of the same requests.
  private(set) var requestIDs: [String] = []

  func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer) {
    records.append(record)
    requestIDs.append(String(decoding: requestID, as: UTF8.self))
  }
}
