internal import EventLoop
internal import Wire

/// What a scrape tells of the program as a whole; there is none of a router on a simulated loop.
struct ProgramFigures {
  /// What the system says of the process.
  var process: ProcessFigures
  /// Log lines that were lost.
  var droppedLogLines = 0
  /// The certificates that clients are shown.
  var certificates: [TLSCertificate] = []
}
