import Testing
import Vocabulary
import Wire

/// One row of the conformance tables: what a peer sends, and what must come of it.
struct ConformanceRow: Sendable, CustomTestStringConvertible {
  enum Outcome: Sendable, Equatable {
    /// The connection ends with this code.
    case connection(HTTP2ErrorCode)
    /// The stream is reset with this code; the connection goes on.
    case stream(UInt32, HTTP2ErrorCode)
    /// Nothing is wrong; in words what is heard.
    case heard([String])
    /// Nothing is wrong, whatever is heard.
    case fine
    /// Nothing is wrong, and the connection is over; in words what is heard.
    case over([String])
  }

  let name: String
  let bytes: [UInt8]
  let outcome: Outcome

  init(_ name: String, _ frames: [RawFrame], _ outcome: Outcome) {
    self.init(name, bytes: frames.flatMap(\.bytes), outcome)
  }

  init(_ name: String, bytes: [UInt8], _ outcome: Outcome) {
    self.name = name
    self.bytes = bytes
    self.outcome = outcome
  }

  var testDescription: String { name }

  /// What came of a row: ended with, reset, heard.
  struct Result: Equatable {
    var goAway: HTTP2ErrorCode?
    var resets: [String] = []
    var heard: [String] = []
    var bodies: [String] = []
    var answersPing = false
    var isOver = false
  }

  /// Feeds the row to a session and reads what it sends, after an exchange of settings.
  func run(_ side: SessionSide, cut: ([UInt8]) -> [Int]) -> Result {
    let greeting =
      (side.session.side == .server ? RawFrame.preface : []) + RawFrame.settings().bytes
      + RawFrame.settings(ack: true).bytes
    var sent: [RawFrame] = []
    side.receive(greeting)
    _ = side.output()
    side.heard.removeAll { $0 == "settings" }
    let row = bytes + RawFrame.ping(9).bytes
    var start = 0
    for end in cut(row) {
      side.receive(Array(row[start..<end]))
      start = end
    }
    sent += RawFrame.all(side.output())
    return result(side, sent)
  }

  private func result(_ side: SessionSide, _ sent: [RawFrame]) -> Result {
    var result = Result()
    for frame in sent {
      switch RawFrame.Kind(rawValue: frame.kind) {
      case .reset: result.resets.append("\(frame.stream) \(frame.code(at: 0).name)")
      case .goAway: result.goAway = frame.code(at: 4)
      case .ping where frame.payload == RawFrame.ping(9).payload: result.answersPing = true
      default: break
      }
    }
    result.heard = side.heard
    result.isOver = side.session.isOver
    // How much of a body is heard before an error depends on where it was cut.
    guard result.resets.isEmpty, result.goAway == nil else { return result }
    result.bodies = side.bodies.sorted { $0.key < $1.key }.map {
      "\($0.key.number) " + String(decoding: $0.value, as: UTF8.self)
    }
    return result
  }

  /// Runs the row whole, byte by byte and cut in two at every place, and checks what comes of it.
  func check(_ make: () -> SessionSide) {
    let whole = run(make()) { [$0.count] }
    #expect(run(make()) { Array(1...$0.count) } == whole, "\(name): byte by byte")
    let step = max(1, bytes.count / 200)
    for cut in stride(from: 1, through: bytes.count, by: step) {
      #expect(run(make()) { [cut, $0.count] } == whole, "\(name): cut at \(cut)")
    }
    expect(whole)
  }

  private func expect(_ result: Result) {
    switch outcome {
    case .connection(let code):
      #expect(result.goAway == code, "\(name): \(result)")
      #expect(result.answersPing == false)
    case .stream(let id, let code):
      #expect(result.goAway == nil, "\(name): \(result)")
      #expect(result.resets == ["\(id) \(code.name)"], "\(name): \(result)")
      #expect(result.answersPing)
    case .heard(let heard):
      #expect(result.heard + result.bodies == heard, "\(name)")
      #expect(result.goAway == nil && result.resets.isEmpty && result.answersPing, "\(name)")
    case .over(let heard):
      #expect(result.heard == heard && result.isOver && result.goAway == nil, "\(name)")
    case .fine:
      #expect(result.goAway == nil && result.resets.isEmpty && result.answersPing, "\(name)")
    }
  }
}
