internal import Wire

/// The streams of one connection by their numbers, which only grow: found by halving.
///
/// Owns them. Holds as many as a connection may have open, a few hundred at most, so that adding
/// costs nothing and removing a short move.
struct OpenStreams<Stream: AnyObject> {
  private var ids: [HTTP2StreamID] = []
  private var streams: [Stream] = []

  /// Streams in it.
  var count: Int { ids.count }

  /// The stream `id`; nil when it is not in it any more.
  subscript(id: HTTP2StreamID) -> Stream? {
    place(of: id).map { streams[$0] }
  }

  /// Adds a stream; precondition: its number is the highest so far.
  mutating func append(_ stream: Stream, as id: HTTP2StreamID) {
    precondition(ids.last.map { $0.number < id.number } ?? true, "stream numbers grow")
    ids.append(id)
    streams.append(stream)
  }

  /// Takes the stream `id` out, if it is in it.
  mutating func remove(_ id: HTTP2StreamID) {
    guard let place = place(of: id) else { return }
    ids.remove(at: place)
    streams.remove(at: place)
  }

  /// Takes all out, in the order of their numbers.
  mutating func takeAll() -> [Stream] {
    var taken: [Stream] = []
    swap(&taken, &streams)
    ids = []
    return taken
  }

  private func place(of id: HTTP2StreamID) -> Int? {
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle].number < id.number { low = middle + 1 } else { high = middle }
    }
    return low < ids.count && ids[low] == id ? low : nil
  }
}
