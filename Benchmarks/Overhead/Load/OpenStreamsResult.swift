/// What came of opening many streams at once.
struct OpenStreamsResult {
  /// Streams that brought every event.
  var completed = 0
  /// Streams that did not, and connections refused.
  var failed = 0
  /// Most streams open at one time, as seen by the client.
  var peak = 0
  /// Events received.
  var events = 0
  /// CPU time of the router over the whole run.
  var cpuNanoseconds: Int64?
  /// Memory of the router before, with all streams open (nil when they never were), and after.
  var before: MemoryFigures?
  var whileOpen: MemoryFigures?
  var after: MemoryFigures?
}
