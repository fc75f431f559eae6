package import PDRouter

/// Every request's end, as the router told it.
package final class RouteJournal: RouteObserver {
  /// One request's end.
  package struct Entry: Sendable {
    /// The request's id.
    package let id: String
    /// What became of it.
    package let record: RouteRecord
  }

  /// The ends in order.
  package private(set) var entries: [Entry] = []

  /// Notes an end.
  package func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer) {
    entries.append(Entry(id: String(decoding: requestID, as: UTF8.self), record: record))
  }

  /// What became of the request with this id; nil until it has ended.
  package func record(of id: String?) -> RouteRecord? {
    entries.last { $0.id == id }?.record
  }
}
