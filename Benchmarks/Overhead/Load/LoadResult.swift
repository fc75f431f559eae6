/// What one turn showed, between the end of its warm-up and its own.
struct LoadResult {
  /// Requests answered with 200.
  var completed = 0
  /// Other answers and broken connections.
  var failed = 0
  /// Events of streams received.
  var events = 0
  /// Requests at a fixed rate that found no idle connection; sent late, their wait uncounted.
  var late = 0
  /// Time measured.
  var nanoseconds: Int64 = 0
  /// CPU time of the router's process; nil on the direct path.
  var cpuNanoseconds: Int64?
  /// Bytes that the router's resident memory grew by; nil on the direct path.
  var growth: Int?
  /// From sending a request to the last byte of its answer, or to its first event.
  var latencies = Latencies()

  /// CPU microseconds of the router for each of `count` things.
  func cpuMicroseconds(per count: Int) -> Double? {
    guard let cpuNanoseconds, count > 0 else { return nil }
    return Double(cpuNanoseconds) / 1000 / Double(count)
  }

  /// `count` a second.
  func rate(_ count: Int) -> Double {
    nanoseconds > 0 ? Double(count) * 1e9 / Double(nanoseconds) : 0
  }
}
